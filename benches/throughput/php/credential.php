<?php
/** Who calls, and what they may call. */

declare(strict_types=1);

/** Addresses that may call without being on WHMCS's list, which is the server's default. */
const ALLOWED_ADDRESSES = ['127.0.0.1', '::1'];
/** How long a verified secret is known, in seconds. */
const VERIFIED_FOR = 300;

/** The same joins as in the server's statement. A credential has one row for each of its roles. */
const CREDENTIAL = "
    SELECT d.id, d.identifier, d.secret, a.id AS admin, a.username, r.permissions,
           CASE WHEN o.previous_until > UTC_TIMESTAMP() THEN o.previous_secret END AS previous_secret,
           COALESCE(o.disabled, 0) = 0 AND (o.expires_at IS NULL OR o.expires_at > UTC_TIMESTAMP()) AS is_usable,
           COALESCE(o.allowed_addresses, '') AS allowed_addresses, l.per_minute, l.per_day
    FROM tbldeviceauth d
    JOIN tbladmins a ON a.id = d.user_id AND a.disabled = 0
    LEFT JOIN mod_whmcs_api_credentials o ON o.credential_id = d.id
    LEFT JOIN mod_whmcs_api_rate_limits l ON l.credential_id = d.id
    LEFT JOIN tblapi_roles r ON FIND_IN_SET(r.id,
        REPLACE(REPLACE(REPLACE(REPLACE(d.role_ids, '[', ''), ']', ''), '\"', ''), ' ', ''))
    WHERE d.identifier = ? AND d.is_admin = 1 AND (d.deleted_at IS NULL OR d.deleted_at < '1970-01-02')";

function authenticate(PDO $db, array $sent, string $address): array
{
    $roles = rows($db, CREDENTIAL, [$sent['identifier'] ?? '']);
    if (!in_array($address, ALLOWED_ADDRESSES, true)) {
        throw new Refusal("Invalid IP $address");
    }
    $credential = $roles[0] ?? throw new Refusal('Authentication Failed');
    if (!$credential['is_usable'] || !is_verified($credential, $sent['secret'] ?? '')) {
        throw new Refusal('Authentication Failed');
    }
    $allowed = $credential['allowed_addresses'];
    if ($allowed !== '' && !in_array($address, explode(' ', $allowed), true)) {
        throw new Refusal("Invalid IP $address");
    }
    if (apcu_add("used {$credential['id']}", true, 60)) {
        run($db, 'UPDATE tbldeviceauth SET last_access = UTC_TIMESTAMP() WHERE id = ?', [$credential['id']]);
    }
    $credential['permissions'] = array_map(fn ($role) => json_decode($role['permissions'] ?? '{}', true), $roles);
    return $credential;
}

/**
 * Argon2 takes 20 ms by design. As in the server, success is remembered: a keyed hash of the secret and the stored hash.
 */
function is_verified(array $credential, string $secret): bool
{
    $key = apcu_entry('key', fn () => random_bytes(32));
    foreach ([$credential['secret'], $credential['previous_secret']] as $stored) {
        $claim = 'verified ' . hash_hmac('sha256', "$stored\0$secret", $key);
        if (apcu_exists($claim)) {
            return true;
        }
        if (password_verify($secret, (string) $stored)) {
            apcu_store($claim, true, VERIFIED_FOR);
            return true;
        }
    }
    return false;
}

function require_permission(array $credential, string $action): void
{
    foreach ($credential['permissions'] as $permissions) {
        if (!empty($permissions['*']) || !empty($permissions[strtolower($action)])) {
            return;
        }
    }
    throw new Refusal("Invalid Permissions: API action \"$action\" is not allowed");
}
