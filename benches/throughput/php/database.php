<?php
/** The connection to the database, which each worker keeps. */

declare(strict_types=1);

/** The session's settings are those of the server's connections. They are made once for each connection. */
const SESSION = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
    . "time_zone = '+00:00', innodb_lock_wait_timeout = 4, tx_isolation = 'READ-COMMITTED'";

/** Statements are prepared by PDO, not by the database, which would take two round trips for each. */
function database(): PDO
{
    return new PDO(getenv('DATABASE'), getenv('DATABASE_USER'), '', [
        PDO::ATTR_PERSISTENT => true,
        PDO::ATTR_EMULATE_PREPARES => true,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        PDO::MYSQL_ATTR_INIT_COMMAND => SESSION,
    ]);
}

function run(PDO $db, string $statement, array $values = []): PDOStatement
{
    $prepared = $db->prepare($statement);
    $prepared->execute($values);
    return $prepared;
}

function rows(PDO $db, string $statement, array $values = []): array
{
    return run($db, $statement, $values)->fetchAll();
}

/** The first row, if there is one. */
function row(PDO $db, string $statement, array $values = []): ?array
{
    return rows($db, $statement, $values)[0] ?? null;
}

/** Amounts are added as whole cents. */
function cents(string $amount): int
{
    return (int) str_replace('.', '', $amount);
}

function amount(int $cents): string
{
    return sprintf('%s%d.%02d', $cents < 0 ? '-' : '', intdiv(abs($cents), 100), abs($cents) % 100);
}
