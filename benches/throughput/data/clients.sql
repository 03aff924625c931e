INSERT INTO tblclients
  (id, uuid, firstname, lastname, companyname, email, address1, city, state, postcode, country, phonenumber, currency,
   defaultgateway, credit, datecreated, status, language, created_at, updated_at)
SELECT seq, UUID(), CONCAT('First', seq), CONCAT('Last', seq MOD 997), IF(seq MOD 3 = 0, CONCAT('Company ', seq), ''),
       CONCAT('client', seq, '@example.com'), CONCAT(seq MOD 200, ' High Street'), 'Lisboa', 'Lisboa', '1000-001', 'PT',
       '351.210000000', 1, 'banktransfer', 100.00, '2024-01-01', 'Active', '', '2024-01-01', '2024-01-01'
FROM {numbers}
