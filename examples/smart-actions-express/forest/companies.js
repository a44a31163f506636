const { collection } = require('forest-express-sequelize');

collection('companies', {
  actions: [
    { name: 'Mark as Live' },
    {
      name: 'Reject application',
      fields: [{ field: 'reason', type: 'String', isRequired: true, description: 'What the company will read' }],
    },
    {
      name: 'Add new transaction',
      type: 'single',
      fields: [
        {
          field: 'Beneficiary company',
          description: 'Name of the company who will receive the transaction.',
          reference: 'companies.id',
        },
        { field: 'Amount', type: 'Number' },
      ],
    },
    { name: 'Return and track', type: 'single' },
    { name: 'Show some activity', type: 'single' },
    {
      name: 'Import companies',
      type: 'global',
      endpoint: '/forest/companies/import',
      fields: [
        { field: 'file', type: 'File', isRequired: true, description: 'One company per line: name;country' },
        { field: 'labels', type: ['String'] },
        { field: 'signed up on', type: 'Dateonly' },
        { field: 'live', type: 'Boolean', defaultValue: false },
      ],
    },
  ],
});
