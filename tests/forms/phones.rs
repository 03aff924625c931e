//! Telephone numbers in every shape: what is stored, and that what is told can be written back.

use serde_json::Value;

use crate::support::TestApi;

/// A number as it is sent, the country of its owner, the number as it is stored and told, and as it is formatted.
const NUMBERS: &[(&str, &str, &str, &str)] = &[
    ("+1.4185550199", "CA", "+1.4185550199", "+1.4185550199"),
    ("+1 (418) 555-0199", "CA", "+1.4185550199", "+1.4185550199"),
    ("+1-418-555-0199", "PT", "+1.4185550199", "+1.4185550199"),
    ("+1.418.555.0199", "CA", "+1.4185550199", "+1.4185550199"),
    ("+1.1418555", "CA", "+1.1418555", "+1.1418555"),
    ("+351 211 234 567", "PT", "+351.211234567", "+351.211234567"),
    ("+351.351234567", "PT", "+351.351234567", "+351.351234567"),
    ("(418) 555-0199", "CA", "4185550199", "+1.4185550199"),
    ("351234567", "PT", "351234567", "+351.351234567"),
    ("01234 567890", "GB", "01234567890", "+44.1234567890"),
    ("06 1234567", "IT", "061234567", "+39.061234567"),
    ("+999.123", "PT", "+999.123", "+999.123"),
    ("+999 123", "PT", "999123", "+351.999123"),
    ("555-0199 ext 5", "CA", "55501995", "+1.55501995"),
    ("-", "CA", "", ""),
];

async fn with_clients() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/people/clients.sql")).await;
    api.sql("UPDATE tblcustomfields SET required = ''").await;
    api
}

fn encoded(value: &str) -> String {
    serde_urlencoded::to_string([("phonenumber", value)]).unwrap()
}

async fn told(api: &TestApi) -> Value {
    api.reply("action=GetClientsDetails&clientid=1").await["client"].clone()
}

#[tokio::test]
async fn are_stored_alike_by_all_actions() {
    let api = with_clients().await;
    for (number, (sent, country, stored, _)) in NUMBERS.iter().enumerate() {
        let sent = encoded(sent);
        for call in [
            format!(
                "AddClient&skipvalidation=1&firstname=x&email=new{number}@example.com&password2=x&country={country}"
            ),
            format!("AddContact&clientid=1&country={country}"),
            format!("UpdateClient&clientid=1&country={country}"),
            format!("UpdateContact&contactid=1&country={country}"),
        ] {
            let row = api.reply(&format!("action={call}&{sent}")).await;
            let (table, key) =
                if call.contains("Client&") { ("tblclients", "clientid") } else { ("tblcontacts", "contactid") };
            let id = row[key].to_string().replace('"', "");
            let rows = api.rows("phonenumber", &format!("{table} WHERE id = {id}")).await;
            assert_eq!(rows, [*stored], "{call}&{sent}");
        }
    }
}

#[tokio::test]
async fn are_unchanged_when_they_are_written_back() {
    let api = with_clients().await;
    for (sent, country, stored, formatted) in NUMBERS {
        api.reply(&format!("action=UpdateClient&clientid=1&country={country}&{}", encoded(sent))).await;
        let before = told(&api).await;
        assert_eq!(
            (&before["phonenumber"], &before["phonenumberformatted"]),
            (&(*stored).into(), &(*formatted).into())
        );
        api.reply(&format!("action=UpdateClient&clientid=1&{}", encoded(stored))).await;
        assert_eq!(told(&api).await, before, "{sent}");
        api.reply(&format!("action=UpdateClient&clientid=1&{}", encoded(formatted))).await;
        assert_eq!(told(&api).await["phonenumberformatted"], *formatted, "{sent}");
    }
    // Rows that another program wrote.
    for (stored, told_code) in [("+44 (0)20 7946 0958", 44), ("0044 20 7946", 351), ("call me", 351), ("", 351)] {
        api.sql(&format!("UPDATE tblclients SET phonenumber = '{stored}', country = 'PT' WHERE id = 1")).await;
        let before = told(&api).await;
        assert_eq!(before["phonecc"], told_code, "{stored}");
        api.reply(&format!("action=UpdateClient&clientid=1&{}", encoded(stored))).await;
        assert_eq!(told(&api).await, before, "{stored}");
    }
    api.sql("UPDATE tblclients SET country = '' WHERE id = 1").await;
    assert_eq!(told(&api).await["phonecc"], 0, "the code is always a number");
}
