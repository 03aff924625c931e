-- Tickets, and mail.

-- Who answers which tickets.
CREATE TABLE IF NOT EXISTS `tblticketdepartments` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` text NOT NULL,
  `description` text NOT NULL,
  `email` text NOT NULL,
  `clientsonly` text NOT NULL,
  `piperepliesonly` text NOT NULL,
  `noautoresponder` text NOT NULL,
  `hidden` text NOT NULL,
  `order` int NOT NULL,
  `host` text NOT NULL,
  `port` text NOT NULL,
  `login` text NOT NULL,
  `password` text NOT NULL,
  `mail_auth_config` text,
  `feedback_request` tinyint(1) NOT NULL DEFAULT 0,
  `prevent_client_closure` tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The states of a ticket; operators may add their own.
CREATE TABLE IF NOT EXISTS `tblticketstatuses` (
  `id` int NOT NULL AUTO_INCREMENT,
  `title` varchar(64) NOT NULL,
  `color` text NOT NULL,
  `sortorder` int NOT NULL,
  `showactive` int NOT NULL,
  `showawaiting` int NOT NULL,
  `autoclose` int NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Tickets: `tid` is the number that clients see, `c` the code with which a guest reads one.
CREATE TABLE IF NOT EXISTS `tbltickets` (
  `id` int NOT NULL AUTO_INCREMENT,
  `tid` varchar(128) DEFAULT NULL,
  `did` int NOT NULL,
  `userid` int NOT NULL,
  `contactid` int NOT NULL,
  `requestor_id` int NOT NULL DEFAULT 0,
  `prevent_client_closure` tinyint(1) NOT NULL DEFAULT 0,
  `name` text NOT NULL,
  `email` text NOT NULL,
  `cc` text NOT NULL,
  `c` text NOT NULL,
  `ipaddress` varchar(64) DEFAULT NULL,
  `date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `title` text NOT NULL,
  `message` text NOT NULL,
  `status` varchar(64) NOT NULL,
  `urgency` text NOT NULL,
  `admin` text NOT NULL,
  `attachment` text NOT NULL,
  `attachments_removed` tinyint(1) NOT NULL DEFAULT 0,
  `lastreply` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `flag` int NOT NULL,
  `clientunread` int NOT NULL,
  `adminunread` text NOT NULL,
  `replyingadmin` int NOT NULL,
  `replyingtime` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `service` text NOT NULL,
  `merged_ticket_id` int NOT NULL DEFAULT 0,
  `editor` text NOT NULL,
  `pinned_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `tid` (`tid`(32)),
  KEY `userid` (`userid`),
  KEY `date` (`date`),
  KEY `status` (`status`(24), `lastreply`),
  KEY `lastreply` (`lastreply`),
  KEY `updated_at` (`updated_at`),
  KEY `email` (`email`(64)),
  KEY `did` (`did`, `merged_ticket_id`, `status`, `flag`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Replies; `tid` is the id of the ticket here.
CREATE TABLE IF NOT EXISTS `tblticketreplies` (
  `id` int NOT NULL AUTO_INCREMENT,
  `tid` int NOT NULL,
  `userid` int NOT NULL,
  `contactid` int NOT NULL,
  `requestor_id` int NOT NULL DEFAULT 0,
  `name` text NOT NULL,
  `email` text NOT NULL,
  `date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `message` text NOT NULL,
  `admin` text NOT NULL,
  `attachment` text NOT NULL,
  `attachments_removed` tinyint(1) NOT NULL DEFAULT 0,
  `rating` int NOT NULL,
  `editor` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `tid` (`tid`),
  KEY `userid` (`userid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What staff note about a ticket.
CREATE TABLE IF NOT EXISTS `tblticketnotes` (
  `id` int NOT NULL AUTO_INCREMENT,
  `ticketid` int NOT NULL,
  `admin` text NOT NULL,
  `date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `message` text NOT NULL,
  `attachments` text NOT NULL,
  `attachments_removed` tinyint(1) NOT NULL DEFAULT 0,
  `editor` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `ticketid` (`ticketid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What happened to a ticket.
CREATE TABLE IF NOT EXISTS `tblticketlog` (
  `id` int NOT NULL AUTO_INCREMENT,
  `date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `tid` int NOT NULL,
  `action` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `tid` (`tid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tbltickettags` (
  `id` int NOT NULL AUTO_INCREMENT,
  `ticketid` int NOT NULL,
  `tag` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `ticketid` (`ticketid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Mails to clients.
CREATE TABLE IF NOT EXISTS `tblemails` (
  `id` int NOT NULL AUTO_INCREMENT,
  `userid` int NOT NULL,
  `subject` text NOT NULL,
  `message` text NOT NULL,
  `date` datetime DEFAULT NULL,
  `to` text,
  `cc` text,
  `bcc` text,
  `attachments` text,
  `pending` tinyint(1) NOT NULL DEFAULT 0,
  `message_data` text,
  `failed` tinyint(1) NOT NULL DEFAULT 0,
  `failure_reason` varchar(250) NOT NULL DEFAULT '',
  `retry_count` tinyint(1) NOT NULL DEFAULT 0,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `campaign_id` int NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `userid` (`userid`, `date`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What mails say, by name and language; the empty language is the default.
CREATE TABLE IF NOT EXISTS `tblemailtemplates` (
  `id` int NOT NULL AUTO_INCREMENT,
  `type` text NOT NULL,
  `name` text NOT NULL,
  `subject` text NOT NULL,
  `message` text NOT NULL,
  `attachments` text NOT NULL,
  `fromname` text NOT NULL,
  `fromemail` text NOT NULL,
  `disabled` tinyint(1) NOT NULL,
  `custom` tinyint(1) NOT NULL,
  `language` text NOT NULL,
  `copyto` text NOT NULL,
  `blind_copy_to` text NOT NULL,
  `plaintext` tinyint(1) NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `name` (`name`(64))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
