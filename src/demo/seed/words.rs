//! Names, addresses and texts of seeded clients.

/// A country with names and addresses.
pub struct Country {
    pub code: &'static str,
    /// The language of its people, by WHMCS's name.
    pub language: &'static str,
    /// The currency that its people pay with, if the shop has it.
    pub currency: &'static str,
    pub calling_code: &'static str,
    /// Pattern of the national part of a telephone number; `#` is a digit.
    pub phone: &'static str,
    /// Prefix of tax numbers; empty if there are none.
    pub tax_id: &'static str,
    /// Suffix of company names.
    pub company: &'static str,
    /// Pattern of a postcode; `#` is a digit and `@` a letter.
    pub postcode: &'static str,
    /// Street names; `%` is the house number.
    pub streets: &'static [&'static str],
    /// Cities with their states.
    pub cities: &'static [(&'static str, &'static str)],
    pub first_names: &'static [&'static str],
    pub last_names: &'static [&'static str],
}

/// The countries; those at the front have more clients.
pub const COUNTRIES: [Country; 8] = [
    Country {
        code: "PT",
        language: "portuguese",
        currency: "EUR",
        calling_code: "351",
        phone: "2155501##",
        tax_id: "PT",
        company: "Lda.",
        postcode: "####-###",
        streets: &["Rua da Boavista %", "Av. da República %", "Rua do Sol %", "Largo da Igreja %", "Rua Nova %"],
        cities: &[
            ("Lisboa", "Lisboa"),
            ("Porto", "Porto"),
            ("Braga", "Braga"),
            ("Coimbra", "Coimbra"),
            ("Faro", "Faro"),
        ],
        first_names: &["Maria", "João", "Inês", "Tiago", "Beatriz", "Rui", "Catarina", "Pedro", "Marta", "Nuno"],
        last_names: &["Silva", "Santos", "Oliveira", "Pereira", "Rodrigues", "Martins", "Sousa", "Gonçalves", "Lopes"],
    },
    Country {
        code: "ES",
        language: "spanish",
        currency: "EUR",
        calling_code: "34",
        phone: "9105501##",
        tax_id: "ES",
        company: "S.L.",
        postcode: "#####",
        streets: &["Calle Mayor %", "Calle del Carmen %", "Avenida de la Paz %", "Plaza Nueva %", "Calle Real %"],
        cities: &[("Madrid", "Madrid"), ("Barcelona", "Barcelona"), ("Valencia", "Valencia"), ("Vigo", "Pontevedra")],
        first_names: &["Lucía", "Hugo", "Carmen", "Álvaro", "Pilar", "Diego", "Marina", "Sergio", "Elena", "Íñigo"],
        last_names: &["García", "Fernández", "López", "Sánchez", "Muñoz", "Navarro", "Iglesias", "Castro", "Ortega"],
    },
    Country {
        code: "DE",
        language: "german",
        currency: "EUR",
        calling_code: "49",
        phone: "3055501##",
        tax_id: "DE",
        company: "GmbH",
        postcode: "#####",
        streets: &["Hauptstraße %", "Lindenweg %", "Am Markt %", "Schillerstraße %", "Bahnhofstraße %", "Gartenweg %"],
        cities: &[("Berlin", "Berlin"), ("Hamburg", "Hamburg"), ("Köln", ""), ("Leipzig", "Sachsen"), ("München", "")],
        first_names: &["Anna", "Jürgen", "Katrin", "Lukas", "Sabine", "Björn", "Lena", "Matthias", "Ulrike", "Jonas"],
        last_names: &["Müller", "Schmidt", "Weber", "Groß", "Becker", "Schäfer", "Koch", "Krüger", "Vogt", "Ihle"],
    },
    Country {
        code: "GB",
        language: "english",
        currency: "GBP",
        calling_code: "44",
        phone: "1632960###",
        tax_id: "GB",
        company: "Ltd",
        postcode: "@@# #@@",
        streets: &["% Mill Lane", "% High Street", "% Station Road", "% Church Walk", "% Queen's Road"],
        cities: &[
            ("Leeds", "West Yorkshire"),
            ("Bristol", "Bristol"),
            ("York", "North Yorkshire"),
            ("Bath", "Somerset"),
        ],
        first_names: &["Emily", "Oliver", "Grace", "Harry", "Alice", "George", "Ruby", "Callum", "Fiona", "Ewan"],
        last_names: &["Smith", "O'Brien", "Taylor", "Walker", "Hughes", "Clarke", "Morgan", "Bennett", "MacLeod"],
    },
    Country {
        code: "FR",
        language: "french",
        currency: "EUR",
        calling_code: "33",
        phone: "199001###",
        tax_id: "FR",
        company: "SARL",
        postcode: "#####",
        streets: &["% rue de la Gare", "% avenue Foch", "% place du Marché", "% rue des Écoles", "% quai Voltaire"],
        cities: &[("Lyon", "Rhône"), ("Nantes", "Loire-Atlantique"), ("Lille", "Nord"), ("Toulouse", "Haute-Garonne")],
        first_names: &["Chloé", "Hervé", "Camille", "Léo", "Manon", "Gaëlle", "Antoine", "Noémie", "Julien", "Zoé"],
        last_names: &["Martin", "Lefèvre", "Moreau", "Girard", "Roux", "Fournier", "Garnier", "Perrin", "D'Angelo"],
    },
    Country {
        code: "US",
        language: "english",
        currency: "USD",
        calling_code: "1",
        phone: "50355501##",
        tax_id: "",
        company: "LLC",
        postcode: "#####",
        streets: &["% Alder Street", "% Main Street", "% Maple Avenue", "% Lincoln Road", "% Harbor Drive"],
        cities: &[("Portland", "Oregon"), ("Austin", "Texas"), ("Boise", "Idaho"), ("Albany", "New York")],
        first_names: &["James", "Mary", "Ethan", "Ashley", "Tyler", "Megan", "Carlos", "Brianna", "Dwayne", "Kim"],
        last_names: &["Johnson", "Carter", "Nguyen", "Reed", "Ramirez", "Cooper", "Flores", "Sullivan", "Parker"],
    },
    Country {
        code: "CA",
        language: "english",
        currency: "CAD",
        calling_code: "1",
        phone: "50355501##",
        tax_id: "",
        company: "Inc.",
        postcode: "@#@ #@#",
        streets: &["% rue Saint-Jean", "% King Street West", "% Lakeshore Road", "% chemin Royal"],
        cities: &[("Quebec", "Quebec"), ("Montreal", "Quebec"), ("Toronto", "Ontario"), ("Halifax", "Nova Scotia")],
        first_names: &["Élodie", "Liam", "Sophie", "Noah", "Amélie", "Owen", "Maude", "Gabriel", "Hannah", "Félix"],
        last_names: &["Tremblay", "Gagnon", "Campbell", "Bouchard", "Singh", "Fraser", "Côté", "Wong", "Pelletier"],
    },
    Country {
        code: "NL",
        language: "dutch",
        currency: "EUR",
        calling_code: "31",
        phone: "2055501##",
        tax_id: "NL",
        company: "B.V.",
        postcode: "#### @@",
        streets: &["Kerkstraat %", "Dorpsweg %", "Molenlaan %", "Havenkade %", "Prinsengracht %"],
        cities: &[
            ("Utrecht", "Utrecht"),
            ("Delft", "Zuid-Holland"),
            ("Haarlem", "Noord-Holland"),
            ("Zwolle", "Overijssel"),
        ],
        first_names: &["Sanne", "Daan", "Fleur", "Bram", "Lotte", "Joost", "Femke", "Thijs", "Anouk", "Ruben"],
        last_names: &["de Vries", "Jansen", "van Dijk", "Bakker", "Visser", "Smit", "Meijer", "van den Berg"],
    },
];

/// Trades, as part of company names.
pub const TRADES: [&str; 12] = [
    "Bakery",
    "Roofing",
    "Media",
    "Legal",
    "Garden",
    "Dental",
    "Logistics",
    "Records",
    "Cycles",
    "Optics",
    "Catering",
    "Studio",
];

/// Notes of staff about clients.
pub const NOTES: [&str; 5] = [
    "Asks for a quote each autumn. Prefers e-mail.",
    "Wants all invoices at the beginning of the month.",
    "Very kind about the outage.",
    "Moved to us from another host, with eleven mailboxes.",
    "Call before suspending anything: they run a shop.",
];

/// Reasons for which staff gave credit.
pub const GOODWILL: [&str; 3] = ["For the outage", "For the trouble with the migration", "Recommended us to a friend"];

/// A conversation: the kind of department, the subject, and the messages, of which the client's is first.
pub struct Topic {
    pub department: usize,
    pub subject: &'static str,
    pub urgency: &'static str,
    pub messages: &'static [&'static str],
}

pub const TOPICS: [Topic; 8] = [
    Topic {
        department: 1,
        subject: "My website is slow",
        urgency: "Medium",
        messages: &[
            "Since this morning every page takes ten seconds. Has something changed?",
            "A neighbor on the server had a visit from many robots. We have slowed those down.",
            "It is fast again. Thank you!",
        ],
    },
    Topic {
        department: 1,
        subject: "Mails come back",
        urgency: "High",
        messages: &[
            "All mails to one supplier come back since yesterday.",
            "Their server did not like our address. We have asked them, and they take your mails again.",
        ],
    },
    Topic {
        department: 1,
        subject: "A certificate for the shop",
        urgency: "Low",
        messages: &[
            "The browser says that the shop is not secure. What do I have to do?",
            "Nothing: the certificate was renewed a minute ago. Please load the page again.",
            "It works. And for the second domain?",
            "It has one now, too.",
        ],
    },
    Topic {
        department: 1,
        subject: "Restore a file",
        urgency: "High",
        messages: &[
            "I deleted index.php by mistake. Do you have it from yesterday?",
            "It is back, from last night at three.",
        ],
    },
    Topic {
        department: 2,
        subject: "A question about my invoice",
        urgency: "Medium",
        messages: &[
            "Why is there tax on my last invoice?",
            "Because we have no tax number of yours. Send it to us, and it will be left out from then on.",
        ],
    },
    Topic {
        department: 2,
        subject: "May I pay later?",
        urgency: "Medium",
        messages: &["The oven broke. May I pay at the end of the month?", "Of course. We shall wait until then."],
    },
    Topic {
        department: 0,
        subject: "Which plan do I need?",
        urgency: "Low",
        messages: &[
            "Can I have a second website on the plan that I have?",
            "You can with the next larger one. Shall we change it for you?",
            "Yes, please.",
            "Done. You pay the difference with your next invoice.",
        ],
    },
    Topic {
        department: 0,
        subject: "Moving to you",
        urgency: "Low",
        messages: &[
            "Do you move the website for me, and what does it cost?",
            "We do. Tell us where it is now and we tell you the price.",
        ],
    },
];
