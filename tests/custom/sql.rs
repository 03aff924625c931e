//! Custom actions in SQL: parameters, types of columns, paging, and bounds.

use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::{Connection, MySqlConnection};
use whmcs_api::config::Entities;
use whmcs_api::database::hosts::Hosts;

use super::{api_on, api_with, settings, url_of};
use crate::support::{CREDENTIAL, Database, TestApi, UnusedAddress, User, all, eventually, post, until_ok};

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
         kinds SET('a','b'), data BLOB, raw BINARY(2), flags TINYINT(1) UNSIGNED, natural_id INT UNSIGNED, document JSON, place GEOMETRY); \
         INSERT INTO columns_of_all_types VALUES (1, -5, 1, 65535, -8388608, 18446744073709551615, 1234.5, 7, 0.1, 0.1, '2026-11-20', \
         '2026-11-20 12:30:00', '2026-11-20 12:30:00', '2026-11-20 12:30:00.000001', '-100:00:05', 2026, b'1000000001', 'é😀', 'x', 'n', 'b', 'a,b', 'text', x'ff00', \
         200, 4294967295, '{\"a\": [1]}', POINT(1, 2)), \
         (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0000-00-00', '0000-00-00 00:00:00', NULL, '2024-00-00', '00:00:00', NULL, NULL, '', NULL, NULL, NULL, '', '', '\\0\\0', NULL, NULL, NULL, NULL)",
        settings("[actions.All]\nsql = 'SELECT * FROM columns_of_all_types ORDER BY id'\n"),
    )
    .await;
    api.check(
        "action=All",
        concat!(
            r#"{"result":"success","rows":[{"id":1,"tiny":-5,"flag":1,"small":65535,"medium":-8388608,"big":18446744073709551615,"#,
            r#""amount":"1234.50","whole":7,"rate":0.1,"precise":0.1,"day":"2026-11-20","at":"2026-11-20 12:30:00","#,
            r#""stamp":"2026-11-20 12:30:00","exact_at":"2026-11-20 12:30:00.000001","duration":"-100:00:05","in_year":2026,"bits":513,"#,
            r#""name":"\u00e9\ud83d\ude00","letters":"x","note":"n","kind":"b","kinds":"a,b","data":"text","raw":"/wA=","#,
            r#""flags":200,"natural_id":4294967295,"document":"{\u0022a\u0022: [1]}","place":"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="},"#,
            r#"{"id":2,"tiny":null,"flag":null,"small":null,"medium":null,"big":null,"amount":null,"whole":null,"rate":null,"#,
            r#""precise":null,"day":"0000-00-00","at":"0000-00-00 00:00:00","stamp":null,"exact_at":"2024-00-00 00:00:00","#,
            r#""duration":"00:00:00","in_year":null,"bits":null,"name":"","letters":null,"note":null,"kind":null,"kinds":"","#,
            r#""data":"","raw":"\u0000\u0000","flags":null,"natural_id":null,"document":null,"place":null}]}"#,
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

/// A statement that does not end by itself.
const SLOW: &str = "[actions.Slow]\nsql = 'SELECT COUNT(*) AS n FROM tblconfiguration a, tblconfiguration b, tblconfiguration c, tblconfiguration d, tblconfiguration e WHERE a.value <> CONCAT(b.value, c.value, d.value, e.value, RAND())'\ntimeout_seconds = 1\n";

#[tokio::test]
async fn too_many_rows_or_bytes_and_too_much_time_are_rejected_and_harm_nothing_else() {
    let mut settings = settings(&format!(
        "{SLOW}[actions.Rows]\nsql = 'WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :last) SELECT n FROM n'\nmax_rows = 900\n\
         parameters.last = {{ type = 'integer' }}\n\
         [actions.Bytes]\nsql = \"SELECT REPEAT('x', :bytes) AS x\"\nmax_bytes = 1000\nparameters.bytes = {{ type = 'integer' }}\n\
         [actions.Names]\nsql = 'SELECT 1 AS {} FROM tblconfiguration LIMIT 10'\nmax_bytes = 800\n\
         [actions.Joined]\nsql = \"SELECT GROUP_CONCAT(REPEAT('x', 100)) AS x FROM tblconfiguration\"\nmax_bytes = 1000\n\
         [actions.Cut]\nsql = \"SELECT LENGTH(GROUP_CONCAT(REPEAT('x', 100))) AS n FROM tblconfiguration\"\nmax_bytes = 1000\n\
         [actions.Connection]\nsql = 'SELECT CONNECTION_ID() AS id'\n",
        "n".repeat(60),
    ));
    settings.database.actions_connections = 1;
    let api = api_with(settings).await;
    let values: Vec<String> = (0..200).map(|n| format!("('Setting{n}', '{n}')")).collect();
    api.sql(&format!("INSERT INTO tblconfiguration (setting, value) VALUES {}", values.join(", "))).await;
    let connection = async || api.reply("action=Connection").await["rows"][0]["id"].clone();
    // Rows that are on their way are not read: only what the database itself has ended leaves the connection usable.
    for (request, message, keeps_connection) in [
        ("action=Rows&last=901", "There are more than the 900 rows", false),
        ("action=Bytes&bytes=2000", "The rows exceed the 1000 bytes", false),
        ("action=Names", "The rows exceed the 800 bytes", false),
        ("action=Joined", "The rows exceed the 1000 bytes", false),
        ("action=Slow", "This takes longer than the 1 s", true),
    ] {
        let before = connection().await;
        let (status, body) = api.send(request).await;
        assert!(status == 200 && body.contains(message), "{request}: {body}");
        assert_eq!(connection().await == before, keeps_connection, "{request}");
        assert_eq!(api.reply("action=Rows&last=3").await["rows"], json!([{"n": 1}, {"n": 2}, {"n": 3}]));
        assert!(api.hosts.statuses().all(|host| host.is_usable));
    }
    let connections = api.connections().await;
    assert!(!connections.iter().any(|one| one.statement.contains("tblconfiguration e")), "not ended: {connections:?}");
    assert_eq!(api.reply("action=Rows&last=900").await["rows"].as_array().unwrap().len(), 900);
    assert_eq!(api.reply("action=Cut").await["rows"], json!([{"n": 1001}]));
}

/// The time limit is that of the count and the page together.
#[tokio::test]
async fn the_page_gets_the_time_that_the_count_has_left() {
    let on_mariadb = "SELECT session_value AS time FROM information_schema.system_variables WHERE variable_name = 'MAX_STATEMENT_TIME'";
    let on_mysql = "SELECT variable_value AS time FROM performance_schema.session_variables WHERE variable_name = 'max_execution_time'";
    let version = TestApi::new().await.rows("VERSION()", "DUAL").await;
    let (sql, whole) = if version[0].contains("MariaDB") { (on_mariadb, 5.0) } else { (on_mysql, 5000.0) };
    for (paging, is_whole) in [(false, true), (true, false)] {
        let api = api_with(settings(&format!("[actions.Time]\nsql = \"{sql}\"\npaging = {paging}\n"))).await;
        let reply = api.reply("action=Time").await;
        let time: f64 = reply["rows"][0]["time"].as_str().unwrap().parse().unwrap();
        assert!(time > 0.0 && (time < whole) != is_whole && time <= whole, "{reply}");
    }
}

/// Neither those that run nor those that wait for a connection take memory from others.
#[tokio::test(flavor = "multi_thread")]
async fn statements_that_wait_delay_no_other_calls() {
    // One call has room for at least a megabyte on each core.
    let calls = 4 * std::thread::available_parallelism().unwrap().get();
    let mut settings = settings("[actions.Waits]\nsql = 'SELECT id FROM table_to_lock'\ntimeout_seconds = 60\n");
    settings.database.actions_connections = 2;
    let api = api_on("CREATE TABLE table_to_lock (id INT PRIMARY KEY)", settings).await;
    let mut locking = api.pool.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES table_to_lock WRITE").execute(&mut *locking).await.unwrap();
    let waiting: Vec<_> = (0..calls)
        .map(|_| {
            let router = api.router.clone();
            tokio::spawn(async move { post(&router, &format!("{CREDENTIAL}&action=Waits")).await.0 })
        })
        .collect();
    let waiting_connections = async || api.connections().await.iter().filter(|one| one.waits_for_a_table()).count();
    eventually("two connections wait for the lock", async || waiting_connections().await == 2).await;
    assert_eq!(api.send("action=GetProducts").await.0, 200);
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *locking).await.unwrap();
    let statuses: Vec<u16> = all(waiting).await.into_iter().map(Result::unwrap).collect();
    // Those that got no connection in time are told that the server is busy.
    assert!(statuses.contains(&200) && statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
}

/// Whatever a statement fails with, the connections of other calls and the health of their hosts are not affected.
#[tokio::test]
async fn a_statement_that_fails_does_not_count_against_the_servers_of_other_calls() {
    let failing = settings(
        "[actions.Overflow]\nsql = 'SELECT :a * 9223372036854775807 AS a'\nparameters.a = { type = 'integer' }\n\
         [actions.Several]\nsql = 'SELECT (SELECT id FROM tblclients) AS id'\n\
         [actions.Writes]\nsql = 'SELECT id FROM view_that_writes'\n\
         [actions.Signals]\nsql = 'SELECT id FROM view_that_signals_3141'\n\
         [actions.Changed]\nsql = 'SELECT id FROM view_that_signals_1412'\n\
         [actions.Shutdown]\nsql = 'SELECT id FROM view_that_signals_1053'\n\
         [actions.Renamed]\nsql = 'SELECT id FROM table_that_changes'\n",
    );
    let main = api_on("DO 0", settings("")).await;
    main.sql("INSERT INTO tblclients (id) VALUES (98), (99); CREATE TABLE table_that_changes (id INT)").await;
    main.sql("CREATE FUNCTION writes() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO table_that_changes VALUES (1); RETURN 1; END").await;
    main.sql("CREATE VIEW view_that_writes AS SELECT 1 AS id").await;
    for number in [1053, 1412, 3141] {
        main.sql(&signals(number, &format!("view_that_signals_{number}"))).await;
    }
    let replica = Hosts::open_replicas(vec![main.database.options()], 2).await;
    let (api, router) = crate::support::api_with(main.hosts.clone(), Some(Arc::clone(&replica)), &failing);
    let names: Vec<String> = failing.actions.keys().map(|name| format!(r#""{}":1"#, name.to_lowercase())).collect();
    main.sql(&format!("UPDATE tblapi_roles SET permissions = '{{\"*\":1,{}}}' WHERE id = 1", names.join(","))).await;
    api.check_statements().await.unwrap();
    main.sql("CREATE OR REPLACE VIEW view_that_writes AS SELECT writes() AS id").await;
    let (other, _) = crate::support::api_with(main.hosts.clone(), None, &failing);
    let why = other.check_statements().await.unwrap_err().to_string();
    assert!(why.starts_with("actions.Writes: sql: "), "{why}");
    main.sql("ALTER TABLE table_that_changes RENAME COLUMN id TO other").await;
    for (request, status, message, is_replica_left) in [
        ("action=Several", 502, "The statement of this action failed", true),
        ("action=Writes", 502, "The statement of this action failed", true),
        ("action=Renamed", 502, "The statement of this action failed", true),
        ("action=Signals", 502, "The statement of this action failed", true),
        ("action=Overflow&a=2", 200, "A value is too large", true),
        ("action=Overflow&a=1", 200, "success", true),
        ("action=Changed", 503, "busy", true),
        ("action=Shutdown", 503, "busy", false),
    ] {
        let (answered, body) = post(&router, &format!("{CREDENTIAL}&{request}")).await;
        assert!(answered == status && body.contains(message), "{request}: {answered} {body}");
        assert!(main.hosts.statuses().chain(replica.statuses()).all(|host| host.is_usable), "{request}");
        let usable = api.sql_hosts().unwrap().statuses().all(|host| host.is_usable);
        assert_eq!(usable, is_replica_left, "{request}");
    }
    assert_eq!(main.rows("COUNT(*)", "table_that_changes").await, ["0"]);
    assert!(api.is_ready().await);
    assert_eq!(post(&router, &format!("{CREDENTIAL}&action=GetProductsGroups")).await.0, 200);
}

/// Returns statements that create a view whose rows cannot be read, with this error of the database.
fn signals(number: u16, view: &str) -> String {
    format!(
        "CREATE FUNCTION signals_{number}() RETURNS INT DETERMINISTIC BEGIN SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {number}, \
         MESSAGE_TEXT = 'as told'; RETURN 1; END; CREATE VIEW {view} AS SELECT signals_{number}() AS id"
    )
}

/// It accepts connections, but is not ready, shuts down, or does not do what it is asked.
#[tokio::test]
async fn a_replica_that_rejects_statements_is_left_for_the_main_database() {
    for number in [1047, 1053, 1290, 1836] {
        let (main, other) = (TestApi::new().await, TestApi::new().await);
        main.sql("CREATE VIEW numbers AS SELECT 7 AS id; UPDATE tblapi_roles SET permissions = '{\"numbers\":1}' WHERE id = 1").await;
        other.sql(&signals(number, "numbers")).await;
        let replica = Hosts::open_replicas(vec![other.database.options()], 2).await;
        let settings = settings("[actions.Numbers]\nsql = 'SELECT id FROM numbers'\n");
        let (api, router) = crate::support::api_with(main.hosts.clone(), Some(Arc::clone(&replica)), &settings);
        for _ in 0..2 {
            let body = post(&router, &format!("{CREDENTIAL}&action=Numbers")).await.1;
            assert_eq!(body, r#"{"result":"success","rows":[{"id":7}]}"#, "{number}");
            let usable: Vec<bool> = api.sql_hosts().unwrap().statuses().map(|host| host.is_usable).collect();
            assert_eq!(usable, [false, true], "{number}");
        }
        assert!(replica.statuses().all(|host| host.is_usable), "that other calls read from it is not affected");
    }
}

#[tokio::test]
async fn statements_have_an_account_of_their_own_and_do_not_start_without_its_rights() {
    let user = User::create(Database::create().await).await;
    let (database, name) = (&user.database, user.name.clone());
    whmcs_api::database::migrations::run(database.options()).await.unwrap();
    let mut settings =
        settings("[actions.Ids]\nsql = 'SELECT id FROM tblclients c JOIN tblproductgroups USING (id)'\n");
    settings.database.actions_url = url_of(&user).parse().unwrap();
    let hosts = Hosts::open(vec![database.options()], 2).await.unwrap();
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

/// The server starts, and the statements are checked when they are first called.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_busy_or_unavailable_keeps_no_server_from_starting() {
    let user = User::create(Database::create().await).await;
    whmcs_api::database::migrations::run(user.database.options()).await.unwrap();
    user.as_owner("GRANT SELECT ON {database}.* TO {user}").await;
    user.as_owner("ALTER USER {user} WITH MAX_USER_CONNECTIONS 1").await;
    let mut settings = settings(
        "[actions.Ids]\nsql = 'SELECT id FROM tblclients WHERE id < 0'\n[actions.Twice]\nsql = 'SELECT 1 AS a, 2 AS a'\n",
    );
    settings.database.actions_url = url_of(&user).parse().unwrap();
    let api = TestApi::with_settings(settings).await;
    api.sql("UPDATE tblapi_roles SET permissions = '{\"ids\":1,\"twice\":1}' WHERE id = 1").await;
    let only = MySqlConnection::connect_with(&user.options()).await.unwrap();
    assert_eq!(api.api.check_statements().await, Ok(()), "the account has no connection left");
    assert_eq!(api.send("action=Ids").await.0, 503);
    let columns = || {
        let document = whmcs_api::openapi::document(api.api.catalogue());
        document["paths"]["/v1/Ids"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
            ["rows"]["items"]["properties"]
            .clone()
    };
    assert_eq!(columns(), json!({}));
    // MySQL may close it before its side has said that it does.
    let _ = only.close().await;
    until_ok(async || {
        let answer = api.send("action=Ids").await;
        if answer == (200, r#"{"result":"success","rows":[]}"#.to_owned()) { Ok(()) } else { Err(answer.1) }
    })
    .await;
    assert_eq!(columns(), json!({"id": {"type": ["integer", "null"]}}), "known, although there was no row");
    let (status, body) = api.send("action=Twice").await;
    assert!(status == 502 && body.contains("The statement of this action failed"), "{body}");
}

#[tokio::test]
async fn a_locked_table_or_a_database_that_is_not_there_keeps_no_server_from_starting() {
    let locked = TestApi::with_settings(settings("[actions.Ids]\nsql = 'SELECT id FROM table_to_lock'\n")).await;
    locked.sql("CREATE TABLE table_to_lock (id INT PRIMARY KEY)").await;
    let mut locking = locked.pool.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES table_to_lock WRITE").execute(&mut *locking).await.unwrap();
    assert_eq!(locked.api.check_statements().await, Ok(()));
    let unused = UnusedAddress::reserve();
    let mut settings = settings("[actions.One]\nsql = 'SELECT 1 AS one'\n");
    settings.database.actions_url = format!("mysql://me:x@{unused}/whmcs").parse().unwrap();
    let absent = TestApi::with_settings(settings).await;
    assert_eq!(absent.api.check_statements().await, Ok(()));
}

/// Even if the database system has no function of that name, or has one as well.
#[tokio::test]
async fn stored_functions_are_not_called_by_the_names_of_others() {
    for name in ["BIN_TO_UUID", "NATURAL_SORT_KEY", "LEFT"] {
        let api =
            TestApi::with_settings(settings(&format!("[actions.Calls]\nsql = 'SELECT `{name}`(1) AS a'\n"))).await;
        api.sql(&format!("CREATE FUNCTION `{name}`(a INT) RETURNS INT DETERMINISTIC RETURN 1")).await;
        let why = api.api.check_statements().await.unwrap_err().to_string();
        let expected = format!("actions.Calls: sql: it calls {}, which is a function stored", name.to_lowercase());
        assert!(why.starts_with(&expected), "{why}");
    }
}

#[tokio::test]
async fn statements_read_from_the_replica_while_there_is_one() {
    let (main, other) = (TestApi::new().await, TestApi::new().await);
    other.sql("INSERT INTO tblproductgroups (id, name) VALUES (7, 'On the replica')").await;
    let settings = settings("[actions.Names]\nsql = 'SELECT name FROM tblproductgroups'\n");
    let replica = Hosts::open_replicas(vec![other.database.options()], 2).await;
    let (_, router) = crate::support::api_with(main.hosts.clone(), Some(replica), &settings);
    main.sql("UPDATE tblapi_roles SET permissions = '{\"names\":1}' WHERE id = 1").await;
    let body = post(&router, &format!("{CREDENTIAL}&action=Names")).await.1;
    assert_eq!(body, r#"{"result":"success","rows":[{"name":"On the replica"}]}"#);
}
