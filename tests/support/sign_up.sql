-- What somebody who signs up can order, and the mails about it.
SET SESSION sql_mode = '';

INSERT INTO tblproducts (id, type, gid, name, servertype, autosetup, paytype, welcomeemail, tax) VALUES
  (501, 'hostingaccount', 1, 'Starter', 'cpanel', 'payment', 'recurring', 605, 1);
INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee, ssetupfee, asetupfee, bsetupfee, tsetupfee,
                        monthly, quarterly, semiannually, annually, biennially, triennially) VALUES
  ('product', 1, 501, 0, 0, 0, 0, 0, 0, 9.90, -1, -1, 99.00, -1, -1);

INSERT INTO tblemailtemplates (id, type, name, subject, message, language) VALUES
  (601, 'general', 'Client Signup Email', 'Welcome', 'Dear {$client_name}', ''),
  (602, 'general', 'Order Confirmation', 'Your order', '{$order_number}', ''),
  (603, 'invoice', 'Invoice Created', 'Your invoice', '{$invoice_num}', ''),
  (604, 'invoice', 'Invoice Payment Confirmation', 'Your payment', '{$invoice_num}', ''),
  (605, 'product', 'Hosting Account Welcome Email', 'Your service', '{$service_domain}', '');
