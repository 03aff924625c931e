<?php
/** The record of a call in the API log. */

declare(strict_types=1);

/** Number of bytes that are kept of a reply. */
const LOGGED_BYTES = 8192;
/** Names of parameters whose values are hidden, as in the server. */
const SECRET_NAME = '/auth|bank|card|ccnum|ccv|cookie|credential|cvc|cvv|eppcode|expdate|hash|iban|issuenum|jwt|mnemonic|pass|pwd'
    . '|secret|securityqans|session|token|transfercode|twofa|^otp|^pw|(?:key|otp|pin|pw)$|^customfield|^domainfield/i';
/** The only values in these actions' replies that the server hides. It searches any reply; here the names are known. */
const SECRET_VALUE = '/"(customfields\d*)":(?:"[^"]*"|\[[^\]]*\]|\{[^{}]*(?:\[[^\]]*\])?[^{}]*\})/';

final class Record
{
    public readonly string $requestId;
    public ?string $credential = null;
    public bool $isError = false;

    public function __construct(private readonly int $start)
    {
        $this->requestId = bin2hex(random_bytes(8));
    }

    public function insert(PDO $db, string $reply): void
    {
        $now = gmdate('Y-m-d H:i:s');
        $requestHeaders = ['request_id' => $this->requestId, 'address' => $_SERVER['REMOTE_ADDR']];
        if ($this->credential !== null) {
            $requestHeaders['credential'] = $this->credential;
        }
        if (isset($_SERVER['HTTP_USER_AGENT'])) {
            $requestHeaders['User-Agent'] = $_SERVER['HTTP_USER_AGENT'];
        }
        $duration = round((hrtime(true) - $this->start) / 1e6, 3);
        run(
            $db,
            'INSERT INTO tblapilog (action, endpoint, method, request, request_headers, response, response_status,
                                    response_headers, level, created_at, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, 200, ?, ?, ?, ?)',
            [
                $_POST['action'] ?? '',
                $_SERVER['REQUEST_URI'],
                $_SERVER['REQUEST_METHOD'],
                $this->request(),
                json_encode($requestHeaders, JSON_UNESCAPED_SLASHES),
                $this->response($reply),
                json_encode(['Content-Type' => 'application/json', 'duration' => $duration], JSON_UNESCAPED_SLASHES),
                $this->isError ? 400 : 200,
                $now,
                $now,
            ],
        );
    }

    /** The parameters, without secrets, if the caller is known. */
    private function request(): string
    {
        if ($this->credential === null) {
            return '';
        }
        $parameters = [];
        foreach ($_POST as $name => $value) {
            if ($name !== 'action') {
                $isHidden = $name === 'identifier' || preg_match(SECRET_NAME, (string) $name);
                $parameters[$name] = $isHidden ? '***' : $value;
            }
        }
        return json_encode($parameters, JSON_UNESCAPED_SLASHES);
    }

    /** The beginning of the reply, without secrets. */
    private function response(string $reply): string
    {
        $hidden = preg_replace(SECRET_VALUE, '"$1":"***"', substr($reply, 0, 2 * LOGGED_BYTES));
        return strlen($hidden) > LOGGED_BYTES ? substr($hidden, 0, LOGGED_BYTES) . '...' : $hidden;
    }
}
