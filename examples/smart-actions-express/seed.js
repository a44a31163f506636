// Fills an empty database: `npm run seed` starts over, `npm start` fills it the first time.
const { companies, customers, sequelize, transactions } = require('./models');

const COMPANIES = [
  { name: 'Soylent Foods', status: 'signed_up', country: 'FR' },
  { name: 'Initech', status: 'pending', country: 'US' },
  { name: 'Tyrell', status: 'live', country: 'US' },
  { name: 'Hooli', status: 'signed_up', country: 'US' },
  { name: 'Bluth & fils', status: 'pending', country: 'FR' },
];

const CUSTOMERS = [
  { firstname: 'Angelica', lastname: 'Bengtsson', country: 'FR', company_id: 1, card_brand: 'Visa', card_last4: '4242' },
  { firstname: 'Milton', lastname: 'Waddams', country: 'US', company_id: 2, card_brand: 'Amex', card_last4: '0005' },
  {
    firstname: 'Gob',
    lastname: 'Bluth',
    country: 'US',
    company_id: 5,
    card_brand: 'Visa',
    card_last4: '0341',
    card_blocked: true,
  },
].map((customer) => ({
  ...customer,
  email: `${customer.firstname}.${customer.lastname}@example.com`.toLowerCase(),
  card_expires: '8/2030',
}));

const TRANSACTIONS = [
  { emitter_company_id: 1, beneficiary_company_id: 2, amount: 1200, status: 'validated' },
  { emitter_company_id: 3, beneficiary_company_id: 1, amount: 450 },
];

async function fill() {
  await sequelize.sync({ force: true });
  await companies.bulkCreate(COMPANIES);
  await customers.bulkCreate(CUSTOMERS);
  await transactions.bulkCreate(TRANSACTIONS);
}

async function fillIfEmpty() {
  const tables = await sequelize.getQueryInterface().showAllTables();
  if (tables.length === 0) await fill();
}

module.exports = { fillIfEmpty };

if (require.main === module) {
  fill().then(
    () => console.log(`${sequelize.options.storage} is filled`),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
