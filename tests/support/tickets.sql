-- Departments, people and what they have, and tickets. No statuses of the operator's own: the built-in ones hold.
SET SESSION sql_mode = '';

UPDATE tbladmins SET firstname = 'Alice', lastname = 'Adams' WHERE id = 1;
UPDATE tblclients SET lastname = 'Client', email = CONCAT(LOWER(firstname), '@example.com');

-- 2 sends no mail about tickets that clients open; 3 is hidden, and its clients may close nothing.
INSERT INTO tblticketdepartments (id, name, noautoresponder, hidden, `order`, prevent_client_closure) VALUES
  (1, 'Sales', '', '', 1, 0), (2, 'Technical', 'on', '', 3, 0), (3, 'Abuse', '', 'on', 2, 1);

-- 1 owns client 1, 2 may act for it, 3 has to do with nobody.
INSERT INTO tblusers (id, first_name, last_name, email) VALUES
  (1, 'Olga', 'Owner', 'olga@example.com'), (2, 'Ada', 'Agent', 'ada@example.com'), (3, 'Nora', 'Nobody', 'n@example.com');
INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (1, 1, 1), (2, 1, 0);
-- 1 gets mails about tickets.
INSERT INTO tblcontacts (id, userid, firstname, lastname, email, supportemails) VALUES
  (1, 1, 'Carl', 'Contact', 'carl@example.com', 1), (2, 2, 'Cora', 'Contact', 'cora@example.com', 0);
INSERT INTO tblhosting (id, userid) VALUES (12, 1), (13, 2);
INSERT INTO tbldomains (id, userid) VALUES (3, 1), (4, 2);

INSERT INTO tblcustomfields (id, type, relid, fieldname) VALUES
  (101, 'support', 1, 'Product'), (102, 'support', 1, 'Version'), (103, 'support', 2, 'Host'), (104, 'product', 1, 'Other');

INSERT INTO tblemailtemplates (type, name, subject, message) VALUES
  ('support', 'Support Ticket Opened', 'Opened {$ticket_id}: {$ticket_subject}',
   '{$client_name}|{$ticket_tid}|{$ticket_department}|{$ticket_message}|{$ticket_status}|{$ticket_priority}|{$ticket_url}|{$ticket_link}|{$ticket_code}|{$ticket_date_opened}'),
  ('support', 'Support Ticket Opened by Admin', 'Opened for you: {$ticket_subject}', '{$client_name}|{$ticket_message}'),
  ('support', 'Support Ticket Reply', 'Re: {$ticket_subject}', '{$client_name}|{$ticket_message}|{$ticket_status}|{$ticket_department}');

-- 1 to 3 are client 1's, through nobody in particular, the contact and the agent; 4 is a guest's; 5 was merged into 1;
-- 6 is of no department that is left.
INSERT INTO tbltickets (id, tid, did, userid, contactid, requestor_id, name, email, c, `date`, title, message, status, urgency, admin,
                        attachment, lastreply, flag, service, merged_ticket_id, updated_at) VALUES
  (1, '100001', 1, 1, 0, 0, '', '', 'KPqH7yG3', '2026-11-01 10:00:00', 'Printer on fire', 'It burns.', 'Answered', 'High', '',
   '123456_fire_1.png|654321_fire.txt', '2026-11-03 10:00:00', 1, 'S12', 0, '2026-11-03 10:00:00'),
  (2, '100002', 2, 1, 1, 0, '', '', 'code2', '2026-11-02 10:00:00', 'Mail is slow', 'Very.', 'Open', 'Low', '',
   '', '2026-11-02 10:00:00', 0, '', 0, '2026-11-02 10:00:00'),
  (3, '100003', 2, 1, 0, 2, '', '', 'code3', '2026-11-03 10:00:00', 'Disk full: 100% of it', 'Help.', 'Customer-Reply', 'Medium', 'Alice Adams',
   '', '2026-11-05 10:00:00', 2, 'D3', 0, '2026-11-05 10:00:00'),
  (4, '100004', 3, 0, 0, 0, 'Gus Guest', 'gus@example.com', 'code4', '2026-11-04 10:00:00', 'Abuse', 'Spam!', 'Closed', 'Medium', '',
   '', '2026-11-04 10:00:00', 1, '', 0, '2026-11-04 10:00:00'),
  (5, '100005', 1, 1, 0, 0, '', '', 'code5', '2026-11-05 10:00:00', 'Printer, again', 'Still.', 'Open', 'Medium', '',
   '', '2026-11-06 10:00:00', 1, '', 1, '2026-11-06 10:00:00'),
  (6, '100006', 9, 2, 0, 0, '', '', 'code6', '2026-11-01 10:00:00', 'Lost', 'Where?', 'In Progress', 'Medium', '',
   '', '2026-11-01 10:00:00', 1, '', 0, '2026-11-01 10:00:00');

INSERT INTO tblticketreplies (id, tid, userid, contactid, requestor_id, name, email, `date`, message, admin, attachment, rating) VALUES
  (1, 1, 1, 0, 0, '', '', '2026-11-01 11:00:00', 'Use water.', 'Alice Adams', '', 5),
  (2, 1, 1, 0, 1, '', '', '2026-11-02 11:00:00', 'Done.', '', '000001_ash.txt', 0),
  (3, 1, 0, 0, 0, 'Gina', 'gina@example.com', '2026-11-03 10:00:00', 'Here, too.', '', '', 0),
  (4, 2, 1, 0, 0, '', '', '2026-11-02 12:00:00', 'Of another ticket.', '', '', 0);
INSERT INTO tblticketnotes (id, ticketid, admin, `date`, message, attachments, attachments_removed) VALUES
  (1, 1, 'Alice Adams', '2026-11-01 12:00:00', 'Call the fire brigade.', '777777_map.pdf', 1), (2, 2, 'Bob', '2026-11-01 12:00:00', 'x', '', 0);
