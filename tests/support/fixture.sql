-- What every test finds. Columns that are not named get the empty value of their type.
SET SESSION sql_mode = '';

INSERT INTO tblconfiguration (setting, value) VALUES
  ('SystemURL', 'https://www.example.com/whmcs/'), ('TaxEnabled', 'on'), ('TaxType', 'Exclusive'),
  ('CreateInvoiceDaysBefore', '14'), ('AddFundsMinimum', '5.00'), ('AddFundsMaximum', '500.00');

INSERT INTO tblcurrencies (id, code, prefix, suffix, format, rate, `default`) VALUES
  (1, 'USD', '$', ' USD', 1, 1.00000, 1), (2, 'EUR', '€', '', 1, 0.90000, 0);

INSERT INTO tbltax (level, name, state, country, taxrate) VALUES
  (1, 'VAT', '', 'PT', 23.000), (1, 'GST', '', 'CA', 5.000), (2, 'QST', 'Quebec', 'CA', 9.975);

INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) VALUES
  ('paypal', 'type', 'Invoices', 1), ('stripe', 'type', 'CC', 2),
  ('banktransfer', 'type', 'Invoices', 3), ('banktransfer', 'instructions', 'IBAN: PT50 0001', 3),
  ('mailin', 'type', 'Invoices', 4);

INSERT INTO tbladmins (id, username, disabled) VALUES (1, 'alice', 0), (2, 'bob', 0), (3, 'gone', 1);

INSERT INTO tblapi_roles (id, role, permissions) VALUES
  (1, 'All', '{"*":1}'),
  (2, 'Readers', '{"getcredits":1,"getinvoice":1}'),
  (3, 'Billers', '{"addcredit":"1","createinvoice":0}');

-- The hash is of TestSecret, with the smallest parameters.
INSERT INTO tbldeviceauth (id, identifier, secret, user_id, is_admin, role_ids, deleted_at) VALUES
  (1, 'TestIdentifier', '$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW/vkqcTxDtiL2vZqJBlmDTLpWcyHoswHviWnNY', 1, 1, '[1]', NULL);

-- 1 has no taxes, 2 pays them in Portugal, 3 in Quebec, 4 is exempt.
INSERT INTO tblclients (id, firstname, credit, currency, country, state, defaultgateway, taxexempt) VALUES
  (1, 'One', 100.00, 1, 'US', 'Texas', '', 0), (2, 'Two', 0.00, 2, 'PT', 'Lisboa', 'banktransfer', 0),
  (3, 'Three', 30.00, 1, 'CA', 'Quebec', 'stripe', 0), (4, 'Four', 0.00, 1, 'PT', '', 'retired', 1);
INSERT INTO tblcredit (clientid, date, description, amount) VALUES
  (1, '2026-01-01', 'Opening balance', 100.00), (3, '2026-01-01', 'Opening balance', 30.00);
