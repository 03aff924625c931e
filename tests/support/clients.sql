-- Who is around a client: a group, custom fields, users, contacts, and the mail that welcomes them.
SET SESSION sql_mode = '';

INSERT INTO tblclientgroups (id, groupname, groupcolour, discountpercent, susptermexempt, separateinvoices) VALUES
  (1, 'Resellers', '#28C99B', 10.00, 'on', 'on'), (2, 'Friends', NULL, NULL, NULL, '');

INSERT INTO tblcustomfields (id, type, relid, fieldname, fieldtype, required, sortorder) VALUES
  (1001, 'client', 0, 'Heard of us', 'text', 'on', 2), (1002, 'client', 0, 'Shoe size', 'text', '', 1),
  (1003, 'product', 1, 'Host name', 'text', 'on', 1);

INSERT INTO tblemailtemplates (type, name, subject, message, language) VALUES
  ('general', 'Client Signup Email', 'Welcome, {$client_first_name}', 'You are client {$client_id}: {$client_name}, {$client_email}', '');

-- The passwords are TestSecret, and as PHP hashes it, rasmuslerdorf.
INSERT INTO tblusers (id, first_name, last_name, email, password, second_factor) VALUES
  (1, 'Una', 'Owner', 'una@example.com', '$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW/vkqcTxDtiL2vZqJBlmDTLpWcyHoswHviWnNY', ''),
  (2, 'Ben', 'Both', 'ben@example.com', '$2y$04$abcdefghijklmnopqrstuugglmLNoUUTchQNHFkRvCk8BmwkKbU4m', 'totp');
INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (1, 1, 1), (2, 1, 0), (2, 2, 1);

UPDATE tblclients SET email = 'one@example.com', lastname = 'Client', companyname = 'Acme', status = 'Active',
  datecreated = '2016-01-01' WHERE id = 1;
UPDATE tblclients SET email = 'two@example.com', status = 'Inactive', datecreated = '2015-01-01' WHERE id = 2;

INSERT INTO tblcontacts (id, userid, firstname, email, domainemails, invoiceemails) VALUES
  (1, 1, 'Cora', 'cora@example.com', 1, 1), (2, 1, 'Carl', 'carl@example.com', 0, 1), (3, 2, 'Cleo', 'cleo@example.com', 0, 0);
