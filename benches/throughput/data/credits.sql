INSERT INTO tblcredit (clientid, admin_id, date, description, amount, relid)
SELECT 1 + seq MOD {clients}, 1, DATE_ADD('2024-01-01', INTERVAL seq MOD 700 DAY), CONCAT('Credit number ', seq), 10.00, 0
FROM {numbers}
