-- Products for the tests of what reads them.
SET SESSION sql_mode = '';

INSERT INTO tblproductgroups (id, name, slug, hidden, `order`) VALUES (1, 'Hosting', 'hosting', 0, 2), (2, 'Servers', 'servers', 0, 1);

INSERT INTO tblproducts (id, type, gid, name, slug, description, hidden, retired, stockcontrol, qty, paytype, allowqty, servertype, `order`) VALUES
  (1, 'hostingaccount', 1, 'Best Hosting Plan', 'best-hosting-plan', 'All the bells', 0, 0, 0, 9, 'recurring', 2, 'cpanel', 2),
  (2, 'hostingaccount', 1, 'Hidden Plan', 'hidden-plan', '', 1, 0, 0, 0, 'free', 0, 'cpanel', 1),
  (3, 'server', 2, 'VPS', 'vps', '', 0, 0, 1, 7, 'onetime', 0, 'proxmox', 0),
  (4, 'other', 1, 'Retired Plan', '', '', 0, 1, 0, 0, 'recurring', 0, '', 3);

INSERT INTO tblpricing (type, currency, relid, msetupfee, monthly, quarterly, semiannually, annually, biennially, triennially) VALUES
  ('product', 2, 1, 1.5, 24.99, -1, -1, 240, -1, -1), ('product', 1, 1, 0, 25.99, -1, -1, -1, -1, -1),
  ('product', 1, 3, 10, 60, 0, 0, 0, 0, 0), ('product', 9, 3, 1, 1, 1, 1, 1, 1, 1),
  ('addon', 1, 1, 1, 99, 99, 99, 99, 99, 99),
  ('configoptions', 1, 1, 0, 2.99, 0, 0, 0, 0, 0), ('configoptions', 1, 2, 0, 0.10, 0, 0, 0, 0, 0);

INSERT INTO tblcustomfields (id, type, relid, fieldname, description, required, showorder, sortorder) VALUES
  (1, 'product', 1, 'For staff', '', '', '', 0), (2, 'product', 1, 'contact|Secondary Contact', 'Who else?', '', 'on', 2),
  (3, 'product', 1, 'First', '', 'on', 'on', 1), (4, 'client', 1, 'Of clients', '', '', 'on', 0);

INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1, 1), (2, 3);
INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype, qtyminimum, qtymaximum, `order`, hidden) VALUES
  (4, 1, 'php|MultiPHP Services', '3', 1, 10, 1, 0), (5, 1, 'Hidden', '1', 0, 0, 0, 1), (6, 2, 'Empty', '1', 0, 0, 0, 0);
INSERT INTO tblproductconfigoptionssub (id, configid, optionname, sortorder, hidden) VALUES
  (2, 4, 'Second', 2, 0), (1, 4, 'yes|Include MultiPHP', 1, 0), (3, 4, 'Hidden', 0, 1), (4, 5, 'Of a hidden option', 0, 0);
