-- What a product names.
INSERT INTO tblproductgroups (id, name) VALUES (1000, 'x');
INSERT INTO tblproducts (id, gid, name) VALUES (1000, 1000, 'x');
INSERT INTO tblemailtemplates (id, type, name) VALUES (1000, 'product', 'x');
