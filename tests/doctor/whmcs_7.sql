-- What makes the tables those of a WHMCS 7, as far as it is publicly known: users came with 8.0, and with them who among
-- them did something; slugs, quantities and the API log's shape came later.
SET SESSION sql_mode = '';
DROP TABLE tblusers, tblusers_clients, tblproducts_slugs;
ALTER TABLE tblorders DROP COLUMN requestor_id, DROP COLUMN admin_requestor_id, DROP COLUMN purchase_source,
  DROP COLUMN has_referral_products;
ALTER TABLE tbltickets DROP COLUMN requestor_id, DROP COLUMN prevent_client_closure, DROP COLUMN pinned_at;
ALTER TABLE tblticketreplies DROP COLUMN requestor_id;
ALTER TABLE tblproducts DROP COLUMN slug, DROP COLUMN color, DROP COLUMN tagline, DROP COLUMN short_description;
ALTER TABLE tblhosting DROP COLUMN qty;
ALTER TABLE tblapilog DROP COLUMN endpoint, DROP COLUMN method, DROP COLUMN request_headers,
  DROP COLUMN response_headers, ADD COLUMN headers text NOT NULL;
-- Old tables were never converted.
ALTER TABLE tblclients CONVERT TO CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci;
ALTER TABLE tblinvoices CONVERT TO CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci;
ALTER TABLE tblpromotions CONVERT TO CHARACTER SET latin1 COLLATE latin1_swedish_ci;
UPDATE tblinvoices SET duedate = '0000-00-00', datepaid = '0000-00-00 00:00:00';
UPDATE tblclients SET datecreated = '0000-00-00', companyname = 'Smith &amp; Sons', lastname = 'O&#039;Brien';
