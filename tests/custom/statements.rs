//! What statements of custom actions may do, on the database itself: what is accepted also runs, and what gets past the checks of
//! the text is held by the session.

use super::{api_with, settings};

/// On MariaDB and on MySQL.
#[tokio::test]
async fn what_is_accepted_runs() {
    let statements = [
        "SELECT COUNT(*) AS n FROM tblclients c LEFT JOIN tblhosting h ON (h.userid = c.id) WHERE c.id IN (1, 2)",
        "WITH RECURSIVE days (day) AS (SELECT 1 UNION ALL SELECT day + 1 FROM days WHERE day < 9), b AS (SELECT 1 AS n) SELECT day, n FROM days, b",
        "(SELECT 1 AS n) UNION (SELECT 2) ORDER BY n LIMIT 5;",
        "SELECT REPLACE('aba', 'a', 'b') AS name, INSERT('abc', 1, 2, 'x') AS other, LEFT('abc', 2) AS l, IF(1, 2, 3) AS i",
        "SELECT COALESCE(SUM(amountin), 0) AS total, DATE_FORMAT(NOW(), '%Y') AS year FROM tblaccounts",
        "SELECT ROW_NUMBER() OVER (PARTITION BY userid ORDER BY id) AS n FROM tblinvoices",
        "SELECT EXTRACT(YEAR FROM '2026-01-01') AS y, SUBSTRING('abc' FROM 1 FOR 2) AS s, CAST(1 AS DECIMAL(10, 2)) AS d, CONVERT('a' USING utf8mb4) AS c",
        "SELECT id FROM JSON_TABLE('[1, 2]', '$[*]' COLUMNS (id INT PATH '$')) AS ids",
        "SELECT 'it''s \\' INTO OUTFILE; SLEEP(5) FOR UPDATE :no' AS text -- ; DROP TABLE t",
        "SELECT status, COUNT(*) AS n FROM tblclients GROUP BY status WITH ROLLUP",
        "SELECT d.a FROM (SELECT 1 AS a) AS d WHERE EXISTS (SELECT 1) AND NOT (d.a = 2) /* comment */ # and more",
        "SELECT GROUP_CONCAT(DISTINCT id ORDER BY id SEPARATOR ', ') AS ids, JSON_OBJECT('a', 1) AS o FROM tblclients",
        "SELECT DATE_ADD('2026-01-01', INTERVAL (1) DAY) AS d, TIMESTAMPDIFF(DAY, '2026-01-01', '2026-01-02') AS n",
        "SELECT CASE WHEN (1) THEN (2) ELSE (3) END AS c, 5 DIV (2) AS q, 5 MOD (2) AS r, (1) IN (1, 2) AS i",
    ];
    let definition =
        |(number, sql): (usize, &&str)| format!("[actions.Statement{number}]\nsql = {}\n", toml::Value::from(*sql));
    let actions: Vec<String> = statements.iter().enumerate().map(definition).collect();
    let api = api_with(settings(&actions.concat())).await;
    for (number, sql) in statements.iter().enumerate() {
        let (status, body) = api.send(&format!("action=Statement{number}")).await;
        assert!(status == 200 && body.contains(r#""result":"success""#), "{sql}: {body}");
    }
}
