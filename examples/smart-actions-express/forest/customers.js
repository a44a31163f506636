const { collection } = require('forest-express-sequelize');
const { addresses } = require('../routes/addresses');
const { customers } = require('../models');

/** The selected record, which load and change hooks have to read themselves. */
async function customerOf(request) {
  const [id] = request.body.data.attributes.ids;
  return customers.findByPk(id);
}

function field(fields, name) {
  return fields.find((candidate) => candidate.field === name);
}

collection('customers', {
  actions: [
    {
      name: 'Charge credit card',
      type: 'single',
      fields: [
        {
          field: 'amount',
          isRequired: true,
          description: 'The amount (USD) to charge the credit card. Example: 42.50',
          type: 'Number',
        },
        {
          field: 'description',
          isRequired: true,
          description: 'Explain the reason why you want to charge manually the customer here',
          type: 'String',
        },
      ],
    },
    { name: 'Generate invoice', type: 'single', download: true },
    { name: 'Impersonate', type: 'single' },
    {
      name: 'Send invoice',
      type: 'single',
      fields: [
        { field: 'country', type: 'Enum', enums: [], isReadOnly: true },
        { field: 'city', type: 'Enum', enums: [], isRequired: true, hook: 'onCityChange' },
        { field: 'zip code', type: 'Enum', enums: [], hook: 'onZipCodeChange' },
      ],
      hooks: {
        // The form as it opens: the customer's country, and its cities.
        load: async ({ fields, request }) => {
          const customer = await customerOf(request);
          const country = field(fields, 'country');
          country.enums = Object.keys(addresses);
          country.value = customer.country;
          field(fields, 'city').enums = Object.keys(addresses[customer.country]);
          return fields;
        },
        change: {
          // Another city has other zip codes; the only one of a small city is chosen at once.
          onCityChange: async ({ fields, request, changedField }) => {
            const customer = await customerOf(request);
            const codes = addresses[customer.country][changedField.value] ?? [];
            const zipCode = field(fields, 'zip code');
            zipCode.enums = codes;
            zipCode.value = codes.length === 1 ? codes[0] : null;
            return fields;
          },
          // A field that is only asked for where it is needed.
          onZipCodeChange: ({ fields, changedField }) => {
            const others = fields.filter(({ field: name }) => name !== 'delivery note');
            if (!changedField.value) return others;
            return [
              ...others,
              { field: 'delivery note', type: 'String', description: `For the carrier in ${changedField.value}` },
            ];
          },
        },
      },
    },
  ],
});
