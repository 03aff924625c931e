INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, taxed, duedate, paymentmethod)
SELECT 1 + (seq - 1) DIV 2, 1 + (1 + (seq - 1) DIV 2) MOD {clients}, '', 0, CONCAT('Hosting, line ', 1 + seq MOD 2), 15.00, 0,
       '2024-01-15', 'banktransfer'
FROM {numbers}
