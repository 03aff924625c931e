-- One of each thing that mails are about; beside mail.sql.
INSERT INTO tblhosting (id, userid, domain) VALUES (1003, 1, 'x');
INSERT INTO tbldomains (id, userid, domain) VALUES (1003, 1, 'x.example');
INSERT INTO tbltickets (id, userid, tid) VALUES (1003, 1, '123456');
INSERT INTO tblaffiliates (id, clientid) VALUES (1003, 1);
INSERT INTO tblinvoices (id, userid, total, status) VALUES (1003, 1, 10, 'Unpaid');
INSERT INTO tblinvoiceitems (invoiceid, userid, amount) VALUES (1003, 1, 10);
