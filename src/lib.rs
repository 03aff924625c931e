//! A drop-in server for the WHMCS API.
//!
//! [`testing`] starts a server in a test of a program that calls the API. Other programs should use it alone:
//! everything else here is internal, and may change with any version.
//!
//! The modules in reading order. Each may import those that come after it in this list, and no others; a test reads the
//! list.
//!
//! - [`command_line`] has the commands, and [`testing`] starts servers in tests of other programs.
//! - [`server`] is HTTP: the routes, the pages for browsers, and a running server with its background tasks.
//! - [`console`] is pages for operators, in a browser: what the API and the command line do, in the name of a member of staff.
//! - [`demo`] fills a database with data to try things on; [`doctor`] examines a database; [`backup`] writes one to a file
//!   and restores it.
//! - [`mcp`] is an API surface for agents: the catalogue as tools of the Model Context Protocol, over HTTP and over stdio. It
//!   stands above the path of a call because each tool makes calls.
//! - [`api`] is the path of one call: authenticate, authorize, run, encode.
//! - [`upstream`] is the WHMCS behind this server: calls that are passed to it, and comparisons of its replies with ours.
//! - [`openapi`] describes the actions as an OpenAPI document.
//! - [`fossbilling`] is FOSSBilling's API as another surface of the same business: its wire, its catalogue of methods, and one
//!   file for each of its modules. Of `actions` it uses no more than the entry of a catalogue.
//! - [`actions`] is WHMCS's API as one surface: the catalogue, and one file for each action, which reads parameters, calls an
//!   operation and writes a reply. Actions know nothing of HTTP, nor of how their parameters and replies are written.
//! - [`custom`] is actions that the settings define: in SQL, or as HTTP endpoints of the operator.
//! - [`automation`] is the daily automation: one file for each task.
//! - [`call`] and [`param`] are what an action receives.
//! - [`auth`] authenticates callers, and decides what they may call.
//! - [`audit`] checks the books.
//! - [`observability`] shows operators how calls and the server are doing: metrics, traces, and the log of calls.
//! - [`error`] has the errors that callers get.
//! - [`wire`] decodes requests and encodes replies.
//! - [`received_mail`] reads mails that a mail server hands over.
//! - [`operations`] is what can be done to the business, whoever asks, with typed input, outcomes and errors.
//! - [`outbox`] is what happens outside the database after a commit: mail, and commands to modules and
//!   registrars, whom calls also ask questions.
//! - [`whois`] asks registries whether domain names are registered.
//! - [`attachments`] stores the files of tickets.
//! - [`documents`] renders invoices as PDF.
//! - [`store`] has every SQL statement, by area.
//! - [`database`] has the connections: servers, pool, leases, prepared statements, the writing half of a transaction,
//!   migrations; and the private MariaDB that runs if no other server is configured.
//! - [`endpoint`] sends signed requests to HTTP endpoints of the operator.
//! - [`keyring`] seals secrets that are stored, with keys from a file of the operator.
//! - [`redaction`] keeps secrets out of logs.
//! - [`tls`] has the certificate by which clients know this server.
//! - [`config`] has the settings, and [`network`] the addresses that callers come from.
//! - [`fault`] is an unexpected failure below an operation.
//! - [`events`] is what webhooks tell: the events with their parameters.
//! - [`domain`] has the rules of the business, as pure functions: they read no bytes and query no database.

pub mod actions;
pub mod api;
pub mod attachments;
pub mod audit;
pub mod auth;
pub mod automation;
pub mod backup;
pub mod call;
pub mod command_line;
pub mod config;
pub mod console;
pub mod custom;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod documents;
pub mod domain;
pub mod endpoint;
pub mod error;
pub mod events;
pub mod fault;
pub mod fossbilling;
pub mod keyring;
pub mod mcp;
pub mod network;
pub mod observability;
pub mod openapi;
pub mod operations;
pub mod outbox;
pub mod param;
pub mod received_mail;
pub mod redaction;
pub mod server;
pub mod store;
pub mod testing;
pub mod tls;
pub mod upstream;
pub mod whois;
pub mod wire;
