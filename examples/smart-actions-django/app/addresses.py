"""Where invoices are sent by post: country, its cities, their zip codes."""

ADDRESSES = {
    'FR': {'Paris': ['75001', '75011', '75019'], 'Vannes': ['56000']},
    'US': {'New York': ['10001', '10005'], 'Newport': ['02840']},
}
