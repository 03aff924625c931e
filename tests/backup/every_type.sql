CREATE TABLE every_type (
  `id` int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `tiny` tinyint, `small` smallint unsigned, `medium` mediumint, `big` bigint unsigned,
  `exact` decimal(65,30), `single` float, `rounded` float(7,2), `twice` double, `bits` bit(10),
  `day` date, `moment` datetime(6), `stamp` timestamp(6) NULL, `span` time(6), `calendar` year,
  `fixed` char(10), `narrow` varchar(40) CHARACTER SET latin1, `wide` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  `double_bytes` varchar(40) CHARACTER SET utf16, `old` text CHARACTER SET utf8mb3, `long_text` longtext CHARACTER SET utf8mb4,
  `raw` binary(4), `some` varbinary(40), `lump` longblob,
  `choice` enum('', 'a', 'ö'), `choices` set('x', 'y'), `document` json, `place` point,
  `computed` int AS (`tiny` + 1) VIRTUAL, `kept` varchar(60) AS (CONCAT(`wide`, '!')) STORED,
  `needed` varchar(10) NOT NULL DEFAULT 'x', `changed` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `od``d na"me` int DEFAULT 7,
  KEY `wide` (`wide`(8)), UNIQUE KEY `kept` (`kept`), FULLTEXT KEY `long_text` (`long_text`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 AUTO_INCREMENT=4711;

INSERT INTO every_type (id, needed) VALUES (0, '');
INSERT INTO every_type (id, tiny, small, medium, big, exact, single, rounded, twice, bits, day, moment, stamp, span, calendar,
    fixed, narrow, wide, double_bytes, old, long_text, raw, some, lump, choice, choices, document, place, needed, changed)
VALUES
  (1, -128, 65535, -8388608, 18446744073709551615, -12345678901234567890123456789012345.123456789012345678901234567890,
   16777217.5, 12345.67, 1.7976931348623157e308, b'1000000001', '0000-00-00', '0000-00-00 00:00:00', '1970-01-01 00:00:01.000001',
   '-838:59:59.999999', 1901, 'x', X'80E4FF', 'a\\b''c"d\0e\nf😀', '😀ä', 'grüße', REPEAT('😀', 10), X'00', X'00FF0A27', '',
   'ö', 'x,y', '{"a": [1.50, null, "😀\\\\\\"\\n"]}', ST_GeomFromText('POINT(1 -2.5)'), 'ÿ', '2001-02-03 04:05:06'),
  (2, 127, 0, 0, 0, 0.000000000000000000000000000001, 0.1, -0.01, 4.9e-300, b'0', '2024-02-31', '9999-12-31 23:59:59.999999', NULL,
   '00:00:00.000000', 0, '', '', '', '', '', '', X'', X'', X'', '', '', 'null', NULL, ' x ', '2038-01-19 03:14:07'),
  (3, 1, 1, 1, 1, 1, 3.4028235e38, 1, 0.30000000000000004, b'1111111111', '2024-00-00', '2024-11-00 00:00:00', '2024-03-31 01:30:00',
   '12:00:00', 2155, ' lead', '  ', 'é', 'x', 'x', 'x', X'FFFFFFFF', X'80', REPEAT(X'00FF275C0A', 700000), 'no such', 'y', '[]', NULL, 'x',
   '2024-10-27 01:30:00');

CREATE TABLE `o``dd na/me` (`a` int, `b` varchar(5)) ENGINE=InnoDB;
INSERT INTO `o``dd na/me` VALUES (1, 'x'), (1, 'x'), (2, NULL), (NULL, '');
CREATE TABLE empty_one (`a` int NOT NULL AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=99;
CREATE TABLE without_transactions (`a` int, `b` text) ENGINE=MyISAM;
INSERT INTO without_transactions VALUES (1, 'one'), (2, NULL);
CREATE TABLE in_memory (`a` int, KEY (`a`)) ENGINE=MEMORY DEFAULT CHARSET=latin1;
INSERT INTO in_memory VALUES (1), (1), (NULL);
CREATE TABLE of_csv (`a` int NOT NULL, `b` varchar(20) NOT NULL) ENGINE=CSV DEFAULT CHARSET=utf8mb4;
INSERT INTO of_csv VALUES (1, 'a "b", c');
CREATE TABLE old_latin1 (`t` varchar(40) NOT NULL DEFAULT 'ä', `d` date NOT NULL DEFAULT '0000-00-00') ENGINE=InnoDB DEFAULT CHARSET=latin1;
INSERT INTO old_latin1 VALUES (X'80E4FF', '0000-00-00'), ('plain', '2024-00-00');
CREATE TABLE old_utf8 (`t` text) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_unicode_ci;
INSERT INTO old_utf8 VALUES ('grüße'), ('');
CREATE TABLE in_parts (`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `ghost` int INVISIBLE DEFAULT 3) AUTO_INCREMENT=7
  PARTITION BY RANGE (`id`) (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN MAXVALUE);
INSERT INTO in_parts (id, ghost) VALUES (5, 4), (15, NULL);
CREATE TABLE chicken (`id` int PRIMARY KEY, `egg_id` int, FOREIGN KEY (`egg_id`) REFERENCES egg (`id`)) ENGINE=InnoDB;
CREATE TABLE egg (`id` int PRIMARY KEY, `chicken_id` int, FOREIGN KEY (`chicken_id`) REFERENCES chicken (`id`)) ENGINE=InnoDB;
INSERT INTO chicken VALUES (1, 1);
INSERT INTO egg VALUES (1, 1);
CREATE TABLE child (`id` int PRIMARY KEY, `parent_id` int, FOREIGN KEY (`parent_id`) REFERENCES parent_of_all (`id`)) ENGINE=InnoDB;
CREATE TABLE parent_of_all (`id` int PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO parent_of_all VALUES (1), (2);
INSERT INTO child VALUES (1, 2), (2, NULL);
CREATE VIEW z_first AS SELECT id, wide FROM every_type;
CREATE VIEW a_second AS SELECT * FROM z_first WHERE id > 0;
CREATE FUNCTION plus_one (n int) RETURNS int DETERMINISTIC RETURN n + 1;
CREATE PROCEDURE count_all () SELECT COUNT(*) FROM every_type;
CREATE TRIGGER raise_parent BEFORE INSERT ON parent_of_all FOR EACH ROW SET NEW.id = plus_one(NEW.id);
CREATE EVENT by_itself ON SCHEDULE EVERY 1 SECOND DO DELETE FROM child WHERE id < 0;
CREATE EVENT elsewhere ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE COMMENT 'ON COMPLETION NOT PRESERVE ENABLE' DO DELETE FROM child;
CREATE EVENT never ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE DO DELETE FROM child;
SET timestamp = 1;
CREATE EVENT was_once ON SCHEDULE AT '2020-01-01' DISABLE DO DELETE FROM child;
SET timestamp = DEFAULT;
SET collation_connection = latin1_german1_ci;
CREATE VIEW in_german AS SELECT 'ä' AS word;
ALTER DATABASE COLLATE latin1_german1_ci;
