//! Replies of megabytes, which are encoded beside other calls, and in parts.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::hardening::{full_answer, request, start};
use super::process::Running;
use crate::support::{CREDENTIAL, TestApi};

fn get_credits(client: u32) -> String {
    request(&format!("{CREDENTIAL}&action=GetCredits&clientid={client}&responsetype=json"))
}

fn credits(server: &Running, client: u32) -> String {
    full_answer(server, &get_credits(client)).split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Sends the call, whose response is read later.
fn ask_for_credits(server: &Running, client: u32) -> TcpStream {
    let mut connection = TcpStream::connect(server.address).unwrap();
    connection.write_all(get_credits(client).as_bytes()).unwrap();
    connection.shutdown(Shutdown::Write).unwrap();
    connection
}

/// The first call reveals that the replies are large; so all further ones are encoded differently, even if each waits
/// for memory.
#[tokio::test(flavor = "multi_thread")]
async fn they_are_whole_and_nobody_waits_for_them() {
    let api = TestApi::new().await;
    let ten_thousand = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
                        SELECT 2, 1, '2026-01-01', REPEAT('x', 200), 1, 0 FROM n CROSS JOIN \
                        (SELECT i AS j FROM n WHERE i <= 50) m";
    api.sql(&format!("INSERT INTO tblcredit (clientid, admin_id, date, description, amount, relid) {ten_thousand}"))
        .await;
    let server = start(&api, &[]);
    tokio::task::block_in_place(|| {
        let first = credits(&server, 2);
        assert!(first.len() > 2_000_000 && first.contains(r#""totalresults":10000"#), "{} bytes", first.len());
        let mut long: Vec<TcpStream> = (0..8).map(|_| ask_for_credits(&server, 2)).collect();
        assert!(credits(&server, 1).contains(r#""result":"success""#), "while they are made");
        // All responses have begun, and none has ended: no more than this was read.
        let mut begun = [0; 12];
        for connection in &mut long {
            connection.read_exact(&mut begun).unwrap();
            assert_eq!(&begun, b"HTTP/1.1 200");
        }
        assert!(credits(&server, 1).contains(r#""result":"success""#), "while they are not read");
        for mut connection in long {
            let mut rest = String::new();
            connection.read_to_string(&mut rest).unwrap();
            assert!(rest.split_once("\r\n\r\n").unwrap().1 == first);
        }
    });
}

/// Shared parts of products are inserted while the client reads.
#[tokio::test(flavor = "multi_thread")]
async fn what_products_share_is_with_each_of_them() {
    let api = TestApi::new().await;
    let more = |text: fn(u32) -> String| (100..400).map(text).collect::<Vec<_>>().join(", ");
    api.sql(&format!(
        "{} INSERT INTO tblproducts (id, type, gid, name, paytype) VALUES {}; \
         INSERT INTO tblproductconfiglinks (gid, pid) VALUES {}",
        include_str!("../support/fixtures/products.sql"),
        more(|id| format!("({id}, 'other', 1, 'P{id}', 'recurring')")),
        more(|id| format!("(1, {id})"))
    ))
    .await;
    let server = start(&api, &[]);
    let call = request(&format!("{CREDENTIAL}&action=GetProducts&responsetype=json"));
    let body = tokio::task::block_in_place(|| full_answer(&server, &call));
    let body = body.split_once("\r\n\r\n").unwrap().1;
    assert!(body.len() > 3 * 64 * 1024, "{} bytes", body.len());
    let reply: serde_json::Value = serde_json::from_str(body).unwrap();
    let products = reply["products"]["product"].as_array().unwrap();
    let options = &products.iter().find(|product| product["pid"] == 1).unwrap()["configoptions"];
    assert_eq!(options["configoption"][0]["options"]["option"].as_array().unwrap().len(), 2);
    let shared = products.iter().filter(|product| product["configoptions"] == *options).count();
    assert_eq!(shared, 301);
}
