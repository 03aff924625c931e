-- Templates, and clients with addresses, for tests of mail.
SET SESSION sql_mode = '';

INSERT INTO tblconfiguration (setting, value) VALUES
  ('CompanyName', 'Atlantic Hosting'), ('Email', 'office@atlantic.example'), ('Signature', 'Yours,\nAtlantic Hosting');

UPDATE tblclients SET lastname = 'Müller', email = 'one@example.com' WHERE id = 1;
UPDATE tblclients SET email = 'two@example.com', language = 'german' WHERE id = 2;
UPDATE tblclients SET email = 'three@example.com' WHERE id = 3;

INSERT INTO tblcontacts (userid, email, generalemails, invoiceemails) VALUES
  (1, 'accountant@example.com', 0, 1), (1, 'assistant@example.com', 1, 0);

INSERT INTO tblemailtemplates (id, type, name, subject, message, fromname, fromemail, disabled, custom, language,
                               copyto, blind_copy_to, plaintext) VALUES
  (1, 'general', 'Client Signup Email', 'Welcome to {$company_name}',
   '<p>Dear {$client_name},</p><p>{if $custommerge}{$custommerge}{else}welcome{/if}</p><p>{$signature}</p>',
   '', '', 0, 0, '', '', '', 0),
  (2, 'general', 'Client Signup Email', 'Willkommen', '<p>Guten Tag</p>', '', '', 0, 0, 'german', '', '', 0),
  (3, 'invoice', 'Invoice Created', 'Invoice {$invoice_num}',
   '<p>{$invoice_html_contents}</p><p>Due {$invoice_date_due}: {$invoice_balance} of {$invoice_total} by {$invoice_payment_method}, {$invoice_link}</p>',
   'Billing', 'billing@atlantic.example', 0, 0, '', '', 'archive@atlantic.example', 0),
  (4, 'invoice', 'Invoice Payment Confirmation', 'Paid: invoice {$invoice_num}',
   'Thank you for {$invoice_last_payment_amount}.\nStatus: {$invoice_status}, {$invoice_balance} left.',
   '', '', 0, 0, '', '', '', 1),
  (5, 'general', 'Disabled', 'x', 'x', '', '', 1, 1, '', '', '', 0),
  (6, 'general', 'Empty', 'x', '{if $nothing}x{/if}', '', '', 0, 1, '', '', '', 0),
  (7, 'product', 'Welcome', 'Your {$service_product_name}',
   '{$service_domain} {$service_username} {$service_recurring_amount} {$service_next_due_date}', '', '', 0, 1, '', '', '', 0),
  (8, 'domain', 'Domain Notice', 'About {$domain_name}', '{$domain_sld} . {$domain_tld} {$domain_recurring_amount}',
   '', '', 0, 1, '', '', '', 0),
  (9, 'support', 'Ticket Notice', '[{$ticket_id}] {$ticket_subject}', '{$ticket_message} {$ticket_url}', '', '', 0, 1, '', '', '', 1),
  (10, 'affiliate', 'Affiliate Notice', 'Your balance', '{$affiliate_balance} {$affiliate_total_visits}', '', '', 0, 1, '', '', '', 0),
  (11, 'general', 'Order Confirmation', 'x', 'x', '', '', 0, 0, '', '', '', 0),
  (12, 'admin', 'Staff Notice', 'Service {$service_id}', '<p>{$service_domain} {$whmcs_admin_url}</p>', '', '', 0, 1, '', '', '', 0),
  (13, 'invoice', 'Invoice Notice', '{$invoice_num} is {$invoice_status}', '{$invoice_balance}', '', '', 0, 1, '', '', '', 0);
