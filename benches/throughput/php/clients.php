<?php
/** GetClientsDetails. */

declare(strict_types=1);

/** The countries of the bench's clients: name and calling code. */
const COUNTRIES = ['DE' => ['Germany', '49'], 'GB' => ['United Kingdom', '44'], 'PT' => ['Portugal', '351'], 'US' => ['United States', '1']];
const TOPICS = ['general', 'invoice', 'support', 'product', 'domain', 'affiliate'];

function get_clients_details(PDO $db, array $sent): array
{
    $client = row(
        $db,
        'SELECT c.*, u.id AS owner, u.email_verified_at, COALESCE(u.last_login, c.lastlogin) AS login, m.code
         FROM tblclients c LEFT JOIN tblcurrencies m ON m.id = c.currency
              LEFT JOIN tblusers u ON u.id = (SELECT MIN(r.auth_user_id) FROM tblusers_clients r
                                              WHERE r.client_id = c.id AND r.owner <> 0)
         WHERE c.id = ?',
        [$sent['clientid'] ?? ''],
    ) ?? throw new Refusal('Client Not Found');
    $fields = rows(
        $db,
        "SELECT f.id, COALESCE((SELECT v.value FROM tblcustomfieldsvalues v
                                WHERE v.relid = ? AND v.fieldid = f.id ORDER BY v.id LIMIT 1), '') AS value
         FROM tblcustomfields f WHERE f.relid = 0 AND f.type = 'client' ORDER BY f.sortorder, f.id",
        [$client['id']],
    );
    $users = rows(
        $db,
        'SELECT u.id, u.first_name, u.last_name, u.email, r.owner <> 0 AS is_owner
         FROM tblusers_clients r JOIN tblusers u ON u.id = r.auth_user_id
         WHERE r.client_id = ? ORDER BY r.owner <> 0 DESC, u.id',
        [$client['id']],
    );
    $dateFormat = row($db, "SELECT value FROM tblconfiguration WHERE setting = 'DateFormat' LIMIT 1")['value'] ?? '';
    $details = details($client, $fields, $users, $dateFormat);
    return ['client' => $details] + $details;
}

function details(array $client, array $fields, array $users, string $dateFormat): array
{
    [$country, $code] = COUNTRIES[$client['country']] ?? [$client['country'], ''];
    $phone = telephone($client['phonenumber'], $code);
    $preferences = json_decode($client['email_preferences'] ?: '{}', true);
    $numbered = [];
    foreach ($fields as $index => $field) {
        $numbered['customfields' . $index + 1] = $field['value'];
    }
    return [
        'client_id' => $client['id'],
        'owner_user_id' => $client['owner'] ?? 0,
        'userid' => $client['id'],
        'id' => $client['id'],
        'uuid' => $client['uuid'],
        'firstname' => $client['firstname'],
        'lastname' => $client['lastname'],
        'fullname' => trim("{$client['firstname']} {$client['lastname']}"),
        'companyname' => $client['companyname'],
        'email' => $client['email'],
        'address1' => $client['address1'],
        'address2' => $client['address2'],
        'city' => $client['city'],
        'fullstate' => $client['state'],
        'state' => $client['state'],
        'postcode' => $client['postcode'],
        'countrycode' => $client['country'],
        'country' => $client['country'],
        'phonenumber' => $client['phonenumber'],
        'tax_id' => $client['tax_id'],
        'email_preferences' => array_combine(
            TOPICS,
            array_map(fn ($topic) => ($preferences[$topic] ?? true) ? '1' : '0', TOPICS),
        ),
        'statecode' => $client['state'],
        'countryname' => $country,
        'phonecc' => (int) $code,
        'phonenumberformatted' => $phone,
        'telephoneNumber' => $phone,
        'billingcid' => $client['billingcid'],
        'notes' => $client['notes'],
        'currency' => $client['currency'],
        'defaultgateway' => $client['defaultgateway'],
        'groupid' => $client['groupid'],
        'status' => $client['status'],
        'credit' => $client['credit'],
        'taxexempt' => (bool) $client['taxexempt'],
        'latefeeoveride' => (bool) $client['latefeeoveride'],
        'overideduenotices' => (bool) $client['overideduenotices'],
        'separateinvoices' => (bool) $client['separateinvoices'],
        'disableautocc' => (bool) $client['disableautocc'],
        'emailoptout' => (bool) $client['emailoptout'],
        'marketing_emails_opt_in' => (bool) $client['marketing_emails_opt_in'],
        'overrideautoclose' => (bool) $client['overrideautoclose'],
        'allowSingleSignOn' => $client['allow_sso'],
        'email_verified' => $client['email_verified'] || $client['email_verified_at'] !== null,
        'language' => $client['language'],
        'isOptedInToMarketingEmails' => (bool) $client['marketing_emails_opt_in'],
        'lastlogin' => last_login($client, $dateFormat),
        'currency_code' => $client['code'] ?? '',
        'customfields' => $fields,
        ...$numbered,
        'users' => ['user' => array_map(fn ($user) => [
            'id' => $user['id'],
            'name' => trim("{$user['first_name']} {$user['last_name']}"),
            'email' => $user['email'],
            'is_owner' => (bool) $user['is_owner'],
        ], $users)],
    ];
}

/** `+CC.number`. A leading zero is dropped, because it is not dialed from abroad. */
function telephone(string $stored, string $callingCode): string
{
    if (preg_match('/^\+\d{1,3}\.\d+$/', $stored)) {
        return $stored;
    }
    $digits = preg_replace('/\D/', '', $stored);
    $number = str_starts_with($digits, '0') ? substr($digits, 1) : $digits;
    return $number === '' || $callingCode === '' ? $digits : "+$callingCode.$number";
}

function last_login(array $client, string $dateFormat): string
{
    $login = $client['login'] ?? '';
    if ($login === '' || str_starts_with($login, '0000')) {
        return 'No Login Logged';
    }
    [$year, $month, $day] = explode('-', substr($login, 0, 10));
    $date = strtr($dateFormat ?: 'DD/MM/YYYY', ['YYYY' => $year, 'MM' => $month, 'DD' => $day]);
    $time = substr($login, 11, 5);
    return implode('<br>', array_map('rtrim', ["Date: $date $time", "IP Address: {$client['ip']}", "Host: {$client['host']}"]));
}
