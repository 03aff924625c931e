-- The transactional outbox: what is to happen outside the database once a transaction is committed, one row for each such
-- side effect, inserted by the transaction that causes it. It takes the place of `mod_whmcs_api_outbox` (mail) and
-- `mod_whmcs_api_module_calls`, which had a worker each: side effects of all kinds are claimed, attempted, repeated and
-- given up in one way. Servers are upgraded one by one, so both older tables stay: what an older server writes there, or has
-- left there, is moved here when it is due and no older server has claimed it.
--
-- `state` is 'pending', 'running', 'done', 'failed', 'unknown' (an attempt got no answer, and an operator decides) or
-- 'superseded' (by a later entry about the same subject, or by staff). Whoever attempts an entry first claims it, with a random
-- number that is read back, so that only one does. `due_at` is when it may be attempted, and while it is running, when its
-- claim has expired.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_outbox_entries` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- What makes the attempts, such as 'mail', and whom it reaches, such as the name of a module.
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` varchar(64) NOT NULL DEFAULT '',
  -- What the entry is about, such as 'service' 42; '' for nothing in particular.
  `subject` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `subject_id` int NOT NULL DEFAULT 0,
  -- The row in which WHMCS shows it, of a table that depends on the kind (tblemails, tblmodulequeue), or 0.
  `record_id` int NOT NULL DEFAULT 0,
  -- What it is, for people to read.
  `summary` varchar(255) NOT NULL DEFAULT '',
  -- A JSON object of what an attempt needs to know; empty once there will be no further attempt and it held secrets.
  `payload` mediumtext NOT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pending',
  `attempts` int NOT NULL DEFAULT 0,
  -- Whether the latest attempt got no answer.
  `is_unanswered` tinyint(1) NOT NULL DEFAULT 0,
  `claim` binary(16) NOT NULL DEFAULT '',
  `due_at` datetime NOT NULL,
  `last_error` text NOT NULL,
  -- The call that caused it, which may wait for the outcome.
  `request_key` binary(32) NOT NULL DEFAULT '',
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  KEY `lane` (`state`, `kind`, `target`, `due_at`),
  KEY `subject` (`subject`, `subject_id`),
  KEY `record` (`kind`, `record_id`),
  KEY `request_key` (`request_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
