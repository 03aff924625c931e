-- What makes the tables those of a WHMCS 9 that has addons, as far as it is publicly known.
SET SESSION sql_mode = '';
ALTER TABLE tblcredit ADD COLUMN billing_note_id int NOT NULL DEFAULT 0;
ALTER TABLE tblinvoices ADD COLUMN published_at timestamp NULL DEFAULT NULL;
CREATE TABLE tblbillingnotes (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, client_id int NOT NULL, total decimal(16,2) NOT NULL);
CREATE TABLE mod_an_addon (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, note text NOT NULL);
ALTER TABLE tblclients ADD COLUMN added_by_an_addon varchar(10) NOT NULL DEFAULT 'x' FIRST;
UPDATE tblconfiguration SET value = '9.0.1-release.1' WHERE setting = 'Version';
UPDATE tblinvoices SET duedate = '0000-00-00';
UPDATE tblclients SET companyname = 'Smith &amp; Sons';
