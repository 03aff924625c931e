-- Terms of services, addons and domains, as they are invoiced and paid, and the daily automation.

-- What was invoiced: each term of an item once, whoever invoices it. tblinvoiceitems has no such key, and a lock on a row is not
-- seen on another node of a cluster.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_billed_terms` (
  -- As in tblinvoiceitems.type: Hosting, Addon or Domain.
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `item_id` int NOT NULL,
  -- The first day of the term.
  `due_date` date NOT NULL,
  -- The first day of the next one.
  `next_due_date` date NOT NULL,
  `invoice_id` int NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`kind`, `item_id`, `due_date`),
  KEY `invoice_id` (`invoice_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- By which lines the next due date of an item has moved: each line moves it once.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_renewals` (
  `line_id` int NOT NULL,
  -- Above 0 only with compat.paid_twice.
  `repetition` int NOT NULL,
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `item_id` int NOT NULL,
  `invoice_id` int NOT NULL,
  `due_date` date NOT NULL,
  `next_due_date` date NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`line_id`, `repetition`),
  KEY `item` (`kind`, `item_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Notices that clients have got: each once for a due date.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_notices` (
  -- invoice, service or domain.
  `subject` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `subject_id` int NOT NULL,
  `notice` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `due_date` date NOT NULL,
  `sent_on` date NOT NULL,
  PRIMARY KEY (`subject`, `subject_id`, `notice`, `due_date`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What the automation has done on each day, by task.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_automation_runs` (
  `day` date NOT NULL,
  `task` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `started_at` datetime NOT NULL,
  -- Empty while it runs, and if its server was killed.
  `finished_at` datetime DEFAULT NULL,
  `failures` int NOT NULL DEFAULT 0,
  -- A JSON object: what was done, by its name.
  `counts` text NOT NULL,
  PRIMARY KEY (`day`, `task`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Which server runs the automation: one at a time, until its lease expires.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_automation_lease` (
  `name` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `holder` varbinary(16) NOT NULL,
  `expires_at` datetime NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
