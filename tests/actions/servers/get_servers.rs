use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetServers"],
    every_parameter: "GetServers&serviceId=1&addonId=1&fetchStatus=false",
    ..Calls::NONE
};

async fn with_servers() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/services.sql")).await;
    api.sql(
        "UPDATE tblservers SET maxaccounts = 3 WHERE id = 701; \
         INSERT INTO tblservers (id, name, type, disabled) VALUES (702, 'Two', 'cpanel', 1), (703, 'Three', 'nowhere', 0); \
         UPDATE tblhosting SET server = 701, domainstatus = 'Suspended' WHERE id = 902; \
         UPDATE tblhosting SET server = 701, domainstatus = 'Terminated' WHERE id = 903; \
         INSERT INTO tbladdons (id, name, module) VALUES (5, 'Back-ups', 'nowhere'); UPDATE tblhostingaddons SET addonid = 5",
    )
    .await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_servers().await;
    for (sent, echo) in [("", ""), ("false", ""), ("0", ""), ("true", "true"), ("1", "1")] {
        api.check(
            &format!("action=GetServers&serviceId=901&fetchStatus={sent}"),
            &format!(
                concat!(
                    r#"{{"result":"success","servers":[{{"id":701,"name":"One","hostname":"one.example.com","ipaddress":"192.0.2.7","#,
                    r#""active":true,"activeServices":2,"maxAllowedServices":3,"percentUsed":67,"module":"cpanel","#,
                    r#""status":{{"http":false,"load":"","uptime":""}}}}],"fetchStatus":"{}"}}"#,
                ),
                echo
            ),
        )
        .await;
    }
}

#[tokio::test]
async fn only_those_that_fit_are_returned() {
    let api = with_servers().await;
    for (request, ids) in [
        ("", vec![701, 702, 703]),
        ("serviceId=0", vec![]),
        ("serviceId=901", vec![701]),
        ("serviceId=903", vec![703]),
        // Its product has no module.
        ("serviceId=902", vec![]),
        ("serviceId=99", vec![]),
        ("serviceId=x", vec![]),
        ("addonId=921", vec![703]),
        ("addonId=99", vec![]),
        ("serviceId=901&addonId=921", vec![701]),
    ] {
        let reply = api.reply(&format!("action=GetServers&{request}")).await;
        let found: Vec<i64> =
            reply["servers"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{request}");
    }
    let (_, body) = api.send("action=GetServers").await;
    assert!(!body.contains("server password") && !body.contains("root"), "{body}");
}
