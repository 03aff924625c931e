-- An order of one product, with a field, an option and an invoice.
INSERT INTO tblorders (id, userid, status, invoiceid, promocode) VALUES (1000, 1, 'Pending', 1000, 'X');
INSERT INTO tblinvoices (id, userid, status) VALUES (1000, 1, 'Unpaid');
INSERT INTO tblservers (id) VALUES (1000);
INSERT INTO tblproducts (id, stockcontrol, qty) VALUES (1000, 1, 5);
INSERT INTO tblpricing (type, currency, relid) VALUES ('product', 1, 1000);
INSERT INTO tblhosting (id, userid, orderid, packageid, billingcycle, domainstatus) VALUES (1000, 1, 1000, 1000, 'Monthly', 'Pending');
INSERT INTO tblcustomfields (id, type, relid) VALUES (1000, 'product', 1000);
INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1000, 1000);
INSERT INTO tblproductconfigoptions (id, gid, optiontype) VALUES (1000, 1000, '1');
INSERT INTO tblproductconfigoptionssub (id, configid) VALUES (1000, 1000);
