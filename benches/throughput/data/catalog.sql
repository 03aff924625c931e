-- What does not grow: who calls, and 500 products with prices in two currencies, two custom fields, and a group of two
-- options with three choices each.
INSERT INTO tblconfiguration (setting, value) VALUES ('SystemURL', 'https://www.example.com/whmcs/'), ('TaxEnabled', '');
INSERT INTO tblcurrencies (id, code, prefix, suffix, format, rate, `default`) VALUES
  (1, 'EUR', '', ' EUR', 1, 1.00000, 1), (2, 'USD', '$', ' USD', 1, 1.10000, 0);
INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) VALUES
  ('banktransfer', 'type', 'Invoices', 1), ('banktransfer', 'name', 'Bank Transfer', 1);
INSERT INTO tbladmins (id, roleid, username, disabled) VALUES (1, 1, 'bench', 0);
INSERT INTO tbladminperms (roleid, permid) VALUES (1, 81);
INSERT INTO tblapi_roles (id, role, permissions) VALUES (1, 'Everything', '{"*":1}');

INSERT INTO tblproductgroups (id, name, slug, headline, tagline, orderfrmtpl, disabledgateways, hidden, `order`)
SELECT seq, CONCAT('Group ', seq), CONCAT('group-', seq), '', '', '', '', 0, seq FROM seq_1_to_20;
INSERT INTO tblproducts (id, type, gid, name, slug, description, hidden, paytype, servertype, `order`)
SELECT seq, 'hostingaccount', 1 + seq MOD 20, CONCAT('Product ', seq), CONCAT('product-', seq),
       CONCAT('What product ', seq, ' offers: 10 GB of space, and mail for a whole office.'), 0, 'recurring', 'cpanel', seq
FROM seq_1_to_500;
INSERT INTO tblcustomfields (type, relid, fieldname, fieldtype, description, required, showorder, sortorder)
SELECT 'product', 1 + (seq - 1) DIV 2, CONCAT('Field ', 1 + seq MOD 2), 'text', 'As on the form', 'on', 'on', seq MOD 2
FROM seq_1_to_1000;
INSERT INTO tblproductconfiggroups (id, name, description) VALUES (1, 'Size', '');
INSERT INTO tblproductconfiglinks (gid, pid) SELECT 1, seq FROM seq_1_to_500;
INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype, `order`, hidden) VALUES
  (1, 1, 'memory|Memory', '1', 1, 0), (2, 1, 'disk|Disk', '1', 2, 0);
INSERT INTO tblproductconfigoptionssub (id, configid, optionname, sortorder, hidden)
SELECT seq, 1 + (seq - 1) DIV 3, CONCAT('size', seq, '|', seq, ' GB'), seq, 0 FROM seq_1_to_6;
INSERT INTO tblpricing (type, currency, relid, monthly, quarterly, semiannually, annually, biennially, triennially)
SELECT 'product', 1 + seq MOD 2, 1 + (seq - 1) DIV 2, 10.00, 30.00, 60.00, 100.00, -1.00, -1.00 FROM seq_1_to_1000;
INSERT INTO tblpricing (type, currency, relid, monthly, quarterly, semiannually, annually, biennially, triennially)
SELECT 'configoptions', 1 + seq MOD 2, 1 + (seq - 1) DIV 2, 1.00, 3.00, 6.00, 10.00, -1.00, -1.00 FROM seq_1_to_12;
