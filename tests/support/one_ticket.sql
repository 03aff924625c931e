-- A ticket, and all that a client may name in one.
UPDATE tblclients SET email = 'x@example.com';
INSERT INTO tblticketdepartments (id, name) VALUES (1000, 'Sales');
INSERT INTO tblusers (id) VALUES (1000);
INSERT INTO tblusers_clients (auth_user_id, client_id) VALUES (1000, 1);
INSERT INTO tblcontacts (id, userid) VALUES (1000, 1);
INSERT INTO tblhosting (id, userid) VALUES (1000, 1);
INSERT INTO tbldomains (id, userid) VALUES (1000, 1);
INSERT INTO tbltickets (id, tid, did, userid) VALUES (1000, 'T1000', 1000, 1);
INSERT INTO tblcustomfields (id, type, relid) VALUES (1000, 'support', 1000);
INSERT INTO tblemailtemplates (type, name) VALUES ('support', 'Support Ticket Opened'), ('support', 'Support Ticket Opened by Admin'), ('support', 'Support Ticket Reply');
