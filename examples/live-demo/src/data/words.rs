//! The words that the rows are made of.

pub(super) const COMPANY_WORDS: &[&str] = &[
    "Acorn", "Alder", "Amber", "Anchor", "Arbour", "Aspen", "Atlas", "Aurora", "Beacon", "Birch", "Bluebird",
    "Bramble", "Bridge", "Canyon", "Cedar", "Cobalt", "Comet", "Copper", "Coral", "Crane", "Delta", "Dune", "Echo",
    "Elm", "Ember", "Falcon", "Fern", "Fjord", "Garnet", "Granite", "Harbour", "Hazel", "Heron", "Indigo", "Iris",
    "Ivory", "Juniper", "Kestrel", "Lantern", "Larch", "Linden", "Lotus", "Magnolia", "Maple", "Meadow", "Meridian",
    "Mosaic", "Nimbus", "Nova", "Oak", "Onyx", "Opal", "Orchard", "Osprey", "Pebble", "Pine", "Prairie", "Quartz",
    "Raven", "Reef", "Ridge", "River", "Rowan", "Saffron", "Sage", "Sparrow", "Summit", "Tandem", "Thistle", "Timber",
    "Topaz", "Tundra", "Velvet", "Verdant", "Vista", "Willow", "Wren", "Yarrow", "Zenith",
];

pub(super) const COMPANY_FORMS: &[&str] = &[
    "Analytics",
    "Bank",
    "Energy",
    "Foods",
    "Freight",
    "Health",
    "Insurance",
    "Labs",
    "Logistics",
    "Media",
    "Partners",
    "Pay",
    "Robotics",
    "Software",
    "Studios",
    "Systems",
    "Textiles",
    "Travel",
    "Works",
];

pub(super) const INDUSTRIES: &[&str] = &[
    "Accounting software",
    "Advertising",
    "Biotechnology",
    "Car sharing",
    "Clean energy",
    "Education",
    "Fashion",
    "Freight forwarding",
    "Games",
    "Insurance",
    "Payments",
    "Property management",
    "Restaurants",
    "Telemedicine",
];

pub(super) const CLIENTS: &[&str] =
    &["banks", "families", "freelancers", "hospitals", "schools", "shops", "small businesses", "towns", "travellers"];

pub(super) const CITIES: &[&str] = &[
    "Amsterdam",
    "Athens",
    "Barcelona",
    "Berlin",
    "Bologna",
    "Brussels",
    "Copenhagen",
    "Dublin",
    "Göteborg",
    "Helsinki",
    "Kraków",
    "Lisbon",
    "London",
    "Lyon",
    "Madrid",
    "Milan",
    "Nairobi",
    "New York",
    "Osaka",
    "Oslo",
    "Paris",
    "Prague",
    "Reykjavík",
    "São Paulo",
    "Tallinn",
    "Toronto",
    "Vienna",
    "Zürich",
];

pub(super) const COUNTRIES: &[&str] =
    &["Austria", "Brazil", "Canada", "Denmark", "France", "Germany", "Italy", "Japan", "Kenya", "Portugal", "Spain"];

pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada",
    "Alan",
    "Amina",
    "Barbara",
    "Carlos",
    "Chen",
    "Clara",
    "David",
    "Diego",
    "Edith",
    "Elena",
    "Emil",
    "Fatima",
    "Felix",
    "Grace",
    "Hana",
    "Hugo",
    "Ines",
    "Ivan",
    "Jean",
    "Jonas",
    "Katherine",
    "Kofi",
    "Lena",
    "Leo",
    "Lucia",
    "Maria",
    "Mehdi",
    "Mira",
    "Nadia",
    "Noah",
    "Olga",
    "Omar",
    "Paula",
    "Rosa",
    "Samuel",
    "Sofia",
    "Tim",
    "Uma",
    "Yuki",
];

pub(super) const LAST_NAMES: &[&str] = &[
    "Almeida", "Andersen", "Bakker", "Banerjee", "Becker", "Bianchi", "Costa", "Dubois", "Eriksen", "Fischer",
    "Garcia", "Haddad", "Hansen", "Hopper", "Ibarra", "Ito", "Jansen", "Keller", "Kimani", "Kowalski", "Larsen",
    "Lovelace", "Marino", "Mensah", "Meyer", "Moreau", "Nakamura", "Novak", "Okafor", "Peeters", "Petrov", "Quinn",
    "Ramos", "Rossi", "Santos", "Schmidt", "Silva", "Tanaka", "Turing", "Weber",
];

pub(super) const PRODUCT_QUALITIES: &[&str] =
    &["Compact", "Foldable", "Heavy-duty", "Quiet", "Recycled", "Silent", "Slim", "Smart", "Sturdy", "Wireless"];

pub(super) const PRODUCTS: &[&str] = &[
    "bicycle",
    "bookshelf",
    "camera",
    "chair",
    "coffee maker",
    "desk",
    "drill",
    "headphones",
    "keyboard",
    "lamp",
    "notebook",
    "printer",
    "rucksack",
    "speaker",
    "suitcase",
    "tent",
];

pub(super) const COLOURS: &[&str] = &["black", "blue", "green", "orange", "red", "white"];

pub(super) const NOTES: &[&str] = &[
    "Advance payment.",
    "Final instalment.",
    "Monthly retainer.",
    "Paid twice by mistake, half refunded.",
    "Second reminder was sent.",
    "Urgent: the goods are at customs.",
    "See contract 2024/17.",
];

pub(super) const DOCUMENTS: &[&str] = &[
    "articles-of-association.pdf",
    "balance-sheet.xlsx",
    "bank-details.pdf",
    "certificate-of-incorporation.pdf",
    "identity-of-director.png",
    "insurance.pdf",
    "tax-number.pdf",
];

pub(super) const REASONS: &[&str] =
    &["The director could not be identified.", "The documents are older than a year.", "They asked us to."];
