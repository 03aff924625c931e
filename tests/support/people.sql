-- Clients with users, contacts, groups and fields.
INSERT INTO tblclientgroups (id, groupname) VALUES (1001, 'Friends');
INSERT INTO tblcustomfields (id, type, fieldname) VALUES (1001, 'client', 'Heard of us');
INSERT INTO tblemailtemplates (type, name) VALUES ('general', 'Client Signup Email');
INSERT INTO tblusers (id, email, password) VALUES (1001, 'una@example.com', '$2y$04$abcdefghijklmnopqrstuugglmLNoUUTchQNHFkRvCk8BmwkKbU4m');
INSERT INTO tblclients (id, email) VALUES (1001, 'one@example.com'), (1002, 'two@example.com');
INSERT INTO tblcontacts (id, userid, email, domainemails) VALUES (1001, 1001, 'c@example.com', 1), (1002, 1001, '', 0);
