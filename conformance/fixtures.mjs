// The names of the demo (examples/live-demo) that the suite relies on, all in one place.
export const demo = {
  companies: {
    name: 'companies',
    // Relations
    emitted: 'emitted_transactions',
    received: 'received_transactions',
    documents: 'documents',
    actions: {
      markAsLive: 'Mark as Live',
      addTransaction: 'Add new transaction',
      reject: 'Reject companies',
      redirectExternal: 'Return and track',
      redirectInternal: 'Show some activity',
      importCsv: 'Import companies',
    },
    segment: 'Live',
    // What rejecting does to `status`
    rejected: 'rejected',
    live: 'live',
  },
  customers: {
    name: 'customers',
    orders: 'orders',
    actions: {
      charge: 'Charge credit card',
      invoice: 'Generate invoice',
      impersonate: 'Impersonate',
    },
  },
  transactions: {
    name: 'transactions',
    emitter: 'emitter_company',
    beneficiary: 'beneficiary_company',
    actions: {
      validate: 'Validate',
      report: 'Generate report',
    },
    validated: 'validated',
    toValidate: 'to_validate',
  },
  documents: { name: 'documents' },
  products: { name: 'products' },
  orders: { name: 'orders', customer: 'customer', product: 'product' },
};

/** Every widget of the protocol: `widgetEdit.name`, and the keys of its parameters. */
export const widgets = {
  dropdown: ['searchType', 'isSearchable', 'placeholder', 'static'],
  'radio button': ['static'],
  checkboxes: ['static'],
  'boolean editor': [],
  'text editor': ['placeholder'],
  'text area editor': ['placeholder', 'rows'],
  'rich text': ['placeholder'],
  'input array': ['placeholder', 'allowDuplicate', 'enableReorder'],
  'number input': ['placeholder', 'min', 'max', 'step'],
  'price editor': ['placeholder', 'min', 'max', 'step', 'currency', 'base'],
  'date editor': ['format', 'placeholder', 'minDate', 'maxDate'],
  'time editor': [],
  'color editor': ['placeholder', 'enableOpacity', 'quickPalette'],
  'file picker': ['prefix', 'filesExtensions', 'filesSizeLimit', 'filesCountLimit'],
  'json code editor': [],
  'assignee editor': ['placeholder'],
  'address editor': ['placeholder'],
};
