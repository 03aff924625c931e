//! Custom actions in SQL: parameters, types of columns, paging, and bounds.

use serde_json::{Value, json};
use whmcs_api::config::{DatabaseUrl, Entities};

use super::{api_on, api_with, settings};
use crate::support::{CREDENTIAL, Database, TestApi, User, post};

/// An action that returns its parameter, which has this type.
fn echo(kind: &str) -> String {
    format!("[actions.Echo]\nsql = 'SELECT :a AS a'\nparameters.a = {{ type = {kind} }}\n")
}

#[tokio::test]
async fn each_type_of_parameter_is_read_as_in_other_actions() {
    for (kind, accepted, rejected) in [
        (
            "'id'",
            &[("7", json!(7)), ("7.0", json!(7)), ("", json!(null)), ("x", json!(-1)), ("0", json!(-1))][..],
            &[][..],
        ),
        (
            "'id', required = true",
            &[("7", json!(7))],
            &[("", "a is required"), ("0", "a is required"), ("x", "a must be an id")],
        ),
        (
            "'integer'",
            &[("-7", json!(-7)), ("7e1", json!(70)), ("0", json!(0)), ("", json!(null))],
            &[("7.5", "a must be a whole number"), ("x", "a must be"), ("99999999999999999999", "a must be")],
        ),
        (
            "'amount'",
            &[("12", json!("12.00")), ("12.345", json!("12.35")), ("-1.5", json!("-1.50"))],
            &[("x", "a must be an amount"), ("1,000.00", "a must be")],
        ),
        (
            "'text'",
            &[
                ("x", json!("x")),
                ("' OR 1=1 -- ", json!("' OR 1=1 -- ")),
                ("%F0%9F%98%80", json!("😀")),
                ("", json!(null)),
            ],
            &[("&a[]=1", "a must be a text")],
        ),
        (
            "'date'",
            &[
                ("2026-11-20", json!("2026-11-20")),
                ("20261120", json!("2026-11-20")),
                ("2026-11-20T10:00:00Z", json!("2026-11-20")),
            ],
            &[("2026-13-01", "a must be a date"), ("x", "a must be")],
        ),
        (
            "'time'",
            &[("2026-11-20 10:11:12", json!("2026-11-20 10:11:12")), ("2026-11-20", json!("2026-11-20 00:00:00"))],
            &[("x", "a must be a date and a time")],
        ),
        (
            "'boolean'",
            &[("on", json!(1)), ("false", json!(0)), ("", json!(null))],
            &[("&a[]=1", "a must be true or false")],
        ),
        ("'integer', default = 5", &[("", json!(5)), ("6", json!(6))], &[]),
        ("'boolean', default = true", &[("", json!(1)), ("0", json!(0))], &[]),
        ("'amount', default = 1.5", &[("", json!("1.50"))], &[]),
        (
            "'id', list = true",
            &[("1,2, 3", json!("1,2,3")), ("&a[]=4&a[x]=5", json!("4,5")), ("6", json!(6)), ("", json!(null))],
            &[],
        ),
        (
            "'text', list = true, required = true",
            &[("a,b", json!("a,b"))],
            &[("", "a is required"), (",", "a is required")],
        ),
    ] {
        let api = api_with(settings(&echo(kind))).await;
        for (sent, expected) in accepted {
            // The database cannot tell the type of such a column before it knows the value, so the description has another one.
            let (_, body) = post(&api.router, &format!("{CREDENTIAL}&action=Echo&a={sent}")).await;
            assert_eq!(
                serde_json::from_str::<Value>(&body).unwrap()["rows"][0]["a"],
                *expected,
                "{kind}: {sent}: {body}"
            );
        }
        for (sent, message) in rejected {
            let (status, body) = api.send(&format!("action=Echo&a={sent}")).await;
            assert!(
                status == 200 && body.contains(r#""result":"error""#) && body.contains(message),
                "{kind}: {sent}: {body}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_has_a_place_for_each_value_in_the_parentheses_of_in() {
    let api = api_with(settings(
        "[actions.Pick]\nsql = 'SELECT id FROM tblclients WHERE (:ids IS NULL OR id IN (:ids)) AND id IN (:others) ORDER BY id'\n\
         parameters.ids = { type = 'id', list = true }\nparameters.others = { type = 'id', list = true, default = '1,2,3' }\n",
    ))
    .await;
    api.sql("DELETE FROM tblclients; INSERT INTO tblclients (id) VALUES (1), (2), (3), (4)").await;
    for (request, ids) in [
        ("", json!([{"id": 1}, {"id": 2}, {"id": 3}])),
        ("ids=3,1", json!([{"id": 1}, {"id": 3}])),
        ("ids[]=2&others[]=2&others[]=4", json!([{"id": 2}])),
        ("ids=4", json!([])),
        ("ids=x", json!([])),
    ] {
        assert_eq!(api.reply(&format!("action=Pick&{request}")).await["rows"], ids, "{request}");
    }
    let many: Vec<String> = (1..=1001).map(|id| id.to_string()).collect();
    let (_, body) = api.send(&format!("action=Pick&ids={}", many.join(","))).await;
    assert!(body.contains("ids may have 1000 values at most"), "{body}");
    assert_eq!(
        api.reply(&format!("action=Pick&ids={}", many[..1000].join(","))).await["rows"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test]
async fn texts_are_compared_as_they_are_stored() {
    let mut settings = settings(
        "[actions.Find]\nsql = 'SELECT id FROM tblclients WHERE companyname = :name'\nparameters.name = { type = 'text' }\n",
    );
    settings.compat.entities = Entities::Encoded;
    let api = api_with(settings).await;
    api.sql("UPDATE tblclients SET companyname = 'A &amp; B' WHERE id = 2").await;
    assert_eq!(api.reply("action=Find&name=A+%26+B").await["rows"], json!([{"id": 2}]));
}

#[tokio::test]
async fn each_type_of_column_is_that_of_other_replies() {
    let api = api_on(
        "CREATE TABLE columns_of_all_types (id INT PRIMARY KEY, tiny TINYINT, flag TINYINT(1), small SMALLINT UNSIGNED, medium MEDIUMINT, \
         big BIGINT UNSIGNED, amount DECIMAL(16,2), whole DECIMAL(10,0), rate FLOAT, precise DOUBLE, day DATE, at DATETIME, stamp TIMESTAMP NULL, \
         exact_at DATETIME(6), duration TIME, in_year YEAR, bits BIT(10), name VARCHAR(20), letters CHAR(5), note TEXT, kind ENUM('a','b'), \
         kinds SET('a','b'), data BLOB, raw BINARY(2)); \
         INSERT INTO columns_of_all_types VALUES (1, -5, 1, 65535, -8388608, 18446744073709551615, 1234.5, 7, 0.1, 0.1, '2026-11-20', \
         '2026-11-20 12:30:00', '2026-11-20 12:30:00', '2026-11-20 12:30:00.000001', '-100:00:05', 2026, b'1000000001', 'é😀', 'x', 'n', 'b', 'a,b', 'text', x'ff00'), \
         (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0000-00-00', '0000-00-00 00:00:00', NULL, '2024-00-00', '00:00:00', NULL, NULL, '', NULL, NULL, NULL, '', '', '\\0\\0')",
        settings("[actions.All]\nsql = 'SELECT * FROM columns_of_all_types ORDER BY id'\n"),
    )
    .await;
    api.check(
        "action=All",
        concat!(
            r#"{"result":"success","rows":[{"id":1,"tiny":-5,"flag":1,"small":65535,"medium":-8388608,"big":18446744073709551615,"#,
            r#""amount":"1234.50","whole":7,"rate":0.1,"precise":0.1,"day":"2026-11-20","at":"2026-11-20 12:30:00","#,
            r#""stamp":"2026-11-20 12:30:00","exact_at":"2026-11-20 12:30:00.000001","duration":"-100:00:05","in_year":2026,"bits":513,"#,
            r#""name":"\u00e9\ud83d\ude00","letters":"x","note":"n","kind":"b","kinds":"a,b","data":"text","raw":"/wA="},"#,
            r#"{"id":2,"tiny":null,"flag":null,"small":null,"medium":null,"big":null,"amount":null,"whole":null,"rate":null,"#,
            r#""precise":null,"day":"0000-00-00","at":"0000-00-00 00:00:00","stamp":null,"exact_at":"2024-00-00 00:00:00","#,
            r#""duration":"00:00:00","in_year":null,"bits":null,"name":"","letters":null,"note":null,"kind":null,"kinds":"","#,
            r#""data":"","raw":"\u0000\u0000"}]}"#,
        ),
    )
    .await;
}

#[tokio::test]
async fn pages_are_those_of_other_lists() {
    let api = api_with(settings(
        "[actions.List]\nsql = '''\nSELECT id FROM tblclients WHERE id > :above ORDER BY id -- a comment'''\npaging = true\nreply = 'clients.client'\nmax_rows = 3\n\
         parameters.above = { type = 'integer', default = 10 }\n",
    ))
    .await;
    api.sql("DELETE FROM tblclients; INSERT INTO tblclients (id) VALUES (10), (11), (12), (13), (14), (15)").await;
    let page = |total: i64, start: i64, ids: &[i64]| {
        let ids: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        format!(
            r#"{{"result":"success","totalresults":{total},"startnumber":{start},"numreturned":{},"clients":{{"client":[{}]}}}}"#,
            ids.len(),
            ids.join(",")
        )
    };
    for (request, reply) in [
        ("", page(5, 0, &[11, 12, 13])),
        ("limitnum=2", page(5, 0, &[11, 12])),
        ("limitstart=3&limitnum=100", page(5, 3, &[14, 15])),
        ("limitstart=9", page(5, 9, &[])),
        ("limitnum=0", page(5, 0, &[])),
        ("limitstart=x&limitnum=-1", page(5, 0, &[11, 12, 13])),
        ("above=14", page(1, 0, &[15])),
    ] {
        api.check(&format!("action=List&{request}"), &reply).await;
    }
}

#[tokio::test]
async fn too_many_rows_or_bytes_and_too_much_time_are_rejected_and_harm_nothing_else() {
    let mut settings = settings(
        "[actions.Rows]\nsql = 'WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :last) SELECT n FROM n'\nmax_rows = 900\n\
         parameters.last = { type = 'integer' }\n\
         [actions.Bytes]\nsql = \"SELECT REPEAT('x', :bytes) AS x\"\nmax_bytes = 1000\nparameters.bytes = { type = 'integer' }\n\
         [actions.Slow]\nsql = 'SELECT COUNT(*) AS n FROM tblconfiguration a, tblconfiguration b, tblconfiguration c, tblconfiguration d, tblconfiguration e WHERE a.value <> CONCAT(b.value, c.value, d.value, e.value, RAND())'\ntimeout_seconds = 1\n",
    );
    settings.database.actions_connections = 1;
    let api = api_with(settings).await;
    let values: Vec<String> = (0..200).map(|n| format!("('Setting{n}', '{n}')")).collect();
    api.sql(&format!("INSERT INTO tblconfiguration (setting, value) VALUES {}", values.join(", "))).await;
    for (request, message) in [
        ("action=Rows&last=901", "There are more than the 900 rows"),
        ("action=Bytes&bytes=2000", "The rows exceed the 1000 bytes"),
        ("action=Slow", "This takes longer than the 1 s"),
    ] {
        let (status, body) = api.send(request).await;
        assert!(status == 200 && body.contains(message), "{request}: {body}");
        assert_eq!(api.reply("action=Rows&last=3").await["rows"], json!([{"n": 1}, {"n": 2}, {"n": 3}]));
        assert!(api.hosts.statuses().all(|host| host.is_usable));
    }
    assert_eq!(api.reply("action=Rows&last=900").await["rows"].as_array().unwrap().len(), 900);
}

/// Whatever a statement fails with, the connections of other calls are not affected.
#[tokio::test]
async fn a_statement_that_fails_does_not_count_against_the_server() {
    let api = api_on(
        "CREATE TABLE table_that_goes (id INT); CREATE FUNCTION writes() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN \
         INSERT INTO table_that_goes VALUES (1); RETURN 1; END; CREATE VIEW view_that_writes AS SELECT 1 AS id; \
         CREATE FUNCTION signals() RETURNS INT DETERMINISTIC BEGIN SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1053, MESSAGE_TEXT = 'shutdown'; \
         RETURN 1; END; CREATE VIEW view_that_signals AS SELECT signals() AS id",
        settings(
            "[actions.Overflow]\nsql = 'SELECT :a * 9223372036854775807 AS a'\nparameters.a = { type = 'integer' }\n\
             [actions.Several]\nsql = 'SELECT (SELECT id FROM tblclients) AS id'\n\
             [actions.Writes]\nsql = 'SELECT id FROM view_that_writes'\n\
             [actions.Signals]\nsql = 'SELECT id FROM view_that_signals'\n\
             [actions.Gone]\nsql = 'SELECT id FROM table_that_goes'\n",
        ),
    )
    .await;
    api.sql("INSERT INTO tblclients (id) VALUES (98), (99)").await;
    // With the function, the server would not even start.
    api.sql("CREATE OR REPLACE VIEW view_that_writes AS SELECT writes() AS id").await;
    let failed = r#"{"result":"error","message":"The statement of this action failed. The server's log says why"}"#;
    let failed = failed.replace('\'', "\\u0027");
    for request in ["action=Several", "action=Writes", "action=Signals"] {
        assert_eq!(api.send(request).await, (502, failed.clone()), "{request}");
    }
    assert_eq!(api.rows("COUNT(*)", "table_that_goes").await, ["0"]);
    api.sql("DROP TABLE table_that_goes").await;
    assert_eq!(api.send("action=Gone").await, (502, failed));
    let (status, body) = api.send("action=Overflow&a=2").await;
    assert!(status == 200 && body.contains("A value is too large"), "{body}");
    assert!(api.hosts.statuses().all(|host| host.is_usable) && api.api.is_ready().await);
    assert_eq!(api.send("action=GetProductsGroups").await.0, 200);
    assert_eq!(post(&api.router, &format!("{CREDENTIAL}&action=Overflow&a=1")).await.0, 200);
}

#[tokio::test]
async fn statements_have_an_account_of_their_own_and_do_not_start_without_its_rights() {
    let user = User::create(Database::create().await).await;
    let (database, name) = (&user.database, user.name.clone());
    whmcs_api::database::migrations::run(database.options()).await.unwrap();
    let mut settings =
        settings("[actions.Ids]\nsql = 'SELECT id FROM tblclients c JOIN tblproductgroups USING (id)'\n");
    settings.database.actions_url = url_of(&user);
    let hosts = whmcs_api::database::hosts::Hosts::open(vec![database.options()], 2, whmcs_api::store::STATEMENTS)
        .await
        .unwrap();
    let (api, _) = crate::support::api_with(hosts, None, &settings);
    let why = api.check_statements().await.unwrap_err().to_string();
    assert!(why.starts_with("actions.Ids: ") && why.contains(&name), "{why}");
    let entry = api.catalogue().find("Ids").unwrap();
    let tables = entry.as_custom().unwrap().as_sql().unwrap().tables();
    for grant in whmcs_api::doctor::grants::for_statements(&user.grantee(), tables.iter()) {
        user.as_owner(&grant).await;
    }
    api.check_statements().await.unwrap();
}

/// The URL of a user's database.
fn url_of(user: &User) -> DatabaseUrl {
    let url = user.database.url();
    let (_, rest) = url.split_once('@').unwrap();
    format!("mysql://{}:x@{rest}", user.name).parse().unwrap()
}

#[tokio::test]
async fn statements_read_from_the_replica_while_there_is_one() {
    let (main, other) = (TestApi::new().await, TestApi::new().await);
    other.sql("INSERT INTO tblproductgroups (id, name) VALUES (7, 'On the replica')").await;
    let settings = settings("[actions.Names]\nsql = 'SELECT name FROM tblproductgroups'\n");
    let replica = whmcs_api::database::hosts::Hosts::open_replicas(vec![other.database.options()], 2).await;
    let (_, router) = crate::support::api_with(main.hosts.clone(), Some(replica), &settings);
    main.sql("UPDATE tblapi_roles SET permissions = '{\"names\":1}' WHERE id = 1").await;
    let body = post(&router, &format!("{CREDENTIAL}&action=Names")).await.1;
    assert_eq!(body, r#"{"result":"success","rows":[{"name":"On the replica"}]}"#);
}
