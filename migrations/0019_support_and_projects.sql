-- Announcements, what a support desk keeps besides its tickets, and projects.

-- News for clients. Their dates may be before 1970.
CREATE TABLE IF NOT EXISTS `tblannouncements` (
  `id` int NOT NULL AUTO_INCREMENT,
  `date` datetime DEFAULT NULL,
  `title` text NOT NULL,
  `announcement` text NOT NULL,
  `published` tinyint(1) NOT NULL,
  `parentid` int NOT NULL,
  `language` text NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `parentid` (`parentid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The categories of predefined replies, which may contain others.
CREATE TABLE IF NOT EXISTS `tblticketpredefinedcats` (
  `id` int NOT NULL AUTO_INCREMENT,
  `parentid` int NOT NULL DEFAULT 0,
  `name` text NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblticketpredefinedreplies` (
  `id` int NOT NULL AUTO_INCREMENT,
  `catid` int NOT NULL,
  `name` text NOT NULL,
  `reply` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `catid` (`catid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What mails are refused: `type` is `sender`, `subject` or `phrase`.
CREATE TABLE IF NOT EXISTS `tblticketspamfilters` (
  `id` int NOT NULL AUTO_INCREMENT,
  `type` text NOT NULL,
  `content` text NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The staff who follow a ticket.
CREATE TABLE IF NOT EXISTS `tblticket_watchers` (
  `id` int NOT NULL AUTO_INCREMENT,
  `ticket_id` int NOT NULL DEFAULT 0,
  `admin_id` int NOT NULL DEFAULT 0,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `ticket_id` (`ticket_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Projects, of a client or of none. `ticketids` and `invoiceids` are lists with commas.
CREATE TABLE IF NOT EXISTS `mod_project` (
  `id` int NOT NULL AUTO_INCREMENT,
  `userid` int NOT NULL,
  `title` text NOT NULL,
  `ticketids` text NOT NULL,
  `invoiceids` text NOT NULL,
  `notes` text NOT NULL,
  `adminid` int NOT NULL,
  `status` varchar(255) NOT NULL,
  `created` date NOT NULL,
  `duedate` date NOT NULL,
  `completed` int NOT NULL,
  `lastmodified` datetime NOT NULL,
  `watchers` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `userid` (`userid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `mod_projecttasks` (
  `id` int NOT NULL AUTO_INCREMENT,
  `projectid` int NOT NULL,
  `task` text NOT NULL,
  `notes` text NOT NULL,
  `adminid` int NOT NULL,
  `created` datetime NOT NULL,
  `duedate` date NOT NULL,
  `completed` int NOT NULL,
  `billed` int NOT NULL,
  `order` int NOT NULL,
  PRIMARY KEY (`id`),
  KEY `projectid` (`projectid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The time that was spent on tasks. `start` and `end` are seconds since 1970; `end` is 0 while a timer runs.
CREATE TABLE IF NOT EXISTS `mod_projecttimes` (
  `id` int NOT NULL AUTO_INCREMENT,
  `projectid` int NOT NULL,
  `taskid` int NOT NULL,
  `adminid` varchar(255) NOT NULL,
  `start` varchar(255) NOT NULL,
  `end` varchar(255) NOT NULL,
  `donotbill` int NOT NULL,
  PRIMARY KEY (`id`),
  KEY `projectid` (`projectid`),
  KEY `taskid` (`taskid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `mod_projectmessages` (
  `id` int NOT NULL AUTO_INCREMENT,
  `projectid` int NOT NULL,
  `date` datetime NOT NULL,
  `message` text NOT NULL,
  `adminid` int NOT NULL,
  PRIMARY KEY (`id`),
  KEY `projectid` (`projectid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What happened to a project.
CREATE TABLE IF NOT EXISTS `mod_projectlog` (
  `id` int NOT NULL AUTO_INCREMENT,
  `projectid` int NOT NULL,
  `date` datetime NOT NULL,
  `msg` text NOT NULL,
  `adminid` int NOT NULL,
  PRIMARY KEY (`id`),
  KEY `projectid` (`projectid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
