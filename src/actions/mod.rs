//! **The catalogue** of actions, and the trait that they implement.
//!
//! An action is one file: its parameters, its reply, its documented errors, an example call and its `run`. Adding one
//! means adding the file, its test, and a line to the catalogue; everything else is derived from these.
//!
//! Nothing here knows of HTTP, nor of how requests and replies are written.

mod catalogue;
mod custom_fields;
mod paging;
mod product_list;
mod words;

/// **The catalogue**: every action of this server by group, each with its file and its type. The files after `with` are
/// not actions: several actions of the group share them. The list is passed to the macro `$receiver`: in this module it
/// declares the files and [`CATALOGUE`], in the tests it declares the test modules.
#[doc(hidden)]
#[macro_export]
macro_rules! catalogue {
    ($receiver:ident) => {
        $receiver! {
            /// Affiliates, who earn commissions for the services that they bring.
            affiliates {
                affiliate_activate: AffiliateActivate,
                get_affiliates: GetAffiliates,
            }
            /// Single sign-on, and credentials of programs that log clients in elsewhere.
            authentication with oauth_params {
                create_oauth_credential: CreateOAuthCredential,
                create_sso_token: CreateSsoToken,
                delete_oauth_credential: DeleteOAuthCredential,
                list_oauth_credentials: ListOAuthCredentials,
                update_oauth_credential: UpdateOAuthCredential,
            }
            /// Invoices, payments, credit and billable items.
            billing with amounts, invoice_reply, lines {
                add_billable_item: AddBillableItem,
                add_credit: AddCredit,
                add_credit_api: AddCreditApi,
                add_invoice_payment: AddInvoicePayment,
                add_transaction: AddTransaction,
                apply_credit: ApplyCredit,
                create_invoice: CreateInvoice,
                delete_invoice: DeleteInvoice,
                gen_invoices: GenInvoices,
                get_credits: GetCredits,
                get_invoice: GetInvoice,
                get_invoice_pdf: GetInvoicePdf,
                get_invoices: GetInvoices,
                get_transactions: GetTransactions,
                payment_data: PaymentData,
                update_invoice: UpdateInvoice,
            }
            /// News for clients.
            announcements {
                add_announcement: AddAnnouncement,
                delete_announcement: DeleteAnnouncement,
                get_announcements: GetAnnouncements,
                update_announcement: UpdateAnnouncement,
            }
            /// Clients, their contacts and users, and the mails they were sent.
            clients with person {
                add_client: AddClient,
                add_client_note: AddClientNote,
                add_contact: AddContact,
                close_client: CloseClient,
                delete_client: DeleteClient,
                delete_contact: DeleteContact,
                get_client_groups: GetClientGroups,
                get_client_password: GetClientPassword,
                get_clients: GetClients,
                get_clients_details: GetClientsDetails,
                get_contacts: GetContacts,
                get_emails: GetEmails,
                update_client: UpdateClient,
                update_contact: UpdateContact,
                validate_login: ValidateLogin,
            }
            /// Domain extensions with their prices, domains of clients, and what registrars and registries tell and do.
            domains with domain_param {
                create_or_update_tld: CreateOrUpdateTLD,
                domain_get_locking_status: DomainGetLockingStatus,
                domain_get_nameservers: DomainGetNameservers,
                domain_get_whois_info: DomainGetWhoisInfo,
                domain_register: DomainRegister,
                domain_release: DomainRelease,
                domain_renew: DomainRenew,
                domain_request_epp: DomainRequestEPP,
                domain_toggle_id_protect: DomainToggleIdProtect,
                domain_transfer: DomainTransfer,
                domain_update_locking_status: DomainUpdateLockingStatus,
                domain_update_nameservers: DomainUpdateNameservers,
                domain_update_whois_info: DomainUpdateWhoisInfo,
                domain_whois: DomainWhois,
                get_registrars: GetRegistrars,
                get_tld_pricing: GetTLDPricing,
                update_client_domain: UpdateClientDomain,
            }
            /// Payment gateways and other modules: which are active, their settings, and their failed commands.
            modules with module_params {
                activate_module: ActivateModule,
                deactivate_module: DeactivateModule,
                get_module_configuration_parameters: GetModuleConfigurationParameters,
                get_module_queue: GetModuleQueue,
                update_module_configuration: UpdateModuleConfiguration,
            }
            /// Orders, promotions, and the products on sale.
            orders {
                accept_order: AcceptOrder,
                add_order: AddOrder,
                add_promo_code: AddPromoCode,
                cancel_order: CancelOrder,
                delete_order: DeleteOrder,
                fraud_order: FraudOrder,
                get_order_statuses: GetOrderStatuses,
                get_orders: GetOrders,
                get_products: GetProducts,
                get_promotions: GetPromotions,
                order_fraud_check: OrderFraudCheck,
                pending_order: PendingOrder,
            }
            /// The catalog of products.
            products {
                add_product: AddProduct,
                get_products_active: GetProductsActive,
                get_products_groups: GetProductsGroups,
            }
            /// Stored ways to pay, charges through gateways, refunds, and changes of transactions.
            payments with card_params {
                add_pay_method: AddPayMethod,
                capture_payment: CapturePayment,
                delete_pay_method: DeletePayMethod,
                get_pay_methods: GetPayMethods,
                refund_payment: RefundPayment,
                update_pay_method: UpdatePayMethod,
                update_transaction: UpdateTransaction,
            }
            /// Projects with their tasks, timers and messages.
            projects with project_params {
                add_project_message: AddProjectMessage,
                add_project_task: AddProjectTask,
                create_project: CreateProject,
                delete_project_task: DeleteProjectTask,
                end_task_timer: EndTaskTimer,
                get_project: GetProject,
                get_projects: GetProjects,
                start_task_timer: StartTaskTimer,
                update_project: UpdateProject,
                update_project_task: UpdateProjectTask,
            }
            /// Quotes, which become invoices when they are accepted.
            quotes with fields {
                accept_quote: AcceptQuote,
                create_quote: CreateQuote,
                delete_quote: DeleteQuote,
                get_quotes: GetQuotes,
                send_quote: SendQuote,
                update_quote: UpdateQuote,
            }
            /// The servers of modules, and the state of this server.
            servers {
                get_health_status: GetHealthStatus,
                get_servers: GetServers,
            }
            /// Services, addons and domains of clients, and the modules that provision them.
            services with module_command, option_values {
                add_cancel_request: AddCancelRequest,
                get_cancelled_packages: GetCancelledPackages,
                get_clients_addons: GetClientsAddons,
                get_clients_domains: GetClientsDomains,
                get_clients_products: GetClientsProducts,
                module_change_package: ModuleChangePackage,
                module_change_pw: ModuleChangePw,
                module_create: ModuleCreate,
                module_custom: ModuleCustom,
                module_suspend: ModuleSuspend,
                module_terminate: ModuleTerminate,
                module_unsuspend: ModuleUnsuspend,
                update_client_addon: UpdateClientAddon,
                update_client_product: UpdateClientProduct,
                upgrade_product: UpgradeProduct,
            }
            /// Staff: who they are, who is online, their to-do list and notes.
            staff {
                get_admin_users: GetAdminUsers,
                get_staff_online: GetStaffOnline,
                get_to_do_item_statuses: GetToDoItemStatuses,
                get_to_do_items: GetToDoItems,
                update_admin_notes: UpdateAdminNotes,
                update_to_do_item: UpdateToDoItem,
            }
            /// Support tickets, their replies and notes.
            support with file_params, message, ticket_author, ticket_fields, ticket_number {
                add_ticket_note: AddTicketNote,
                add_ticket_reply: AddTicketReply,
                block_ticket_sender: BlockTicketSender,
                delete_ticket: DeleteTicket,
                delete_ticket_note: DeleteTicketNote,
                delete_ticket_reply: DeleteTicketReply,
                get_support_departments: GetSupportDepartments,
                get_ticket: GetTicket,
                get_ticket_counts: GetTicketCounts,
                get_tickets: GetTickets,
                merge_ticket: MergeTicket,
                open_ticket: OpenTicket,
                update_ticket: UpdateTicket,
                update_ticket_reply: UpdateTicketReply,
            }
            /// The installation: settings, currencies, gateways, mail templates, activity log and statistics; bans of
            /// addresses; sending mails and notifications.
            system with merge_fields, version {
                add_banned_ip: AddBannedIp,
                decrypt_password: DecryptPassword,
                encrypt_password: EncryptPassword,
                get_activity_log: GetActivityLog,
                get_automation_log: GetAutomationLog,
                get_admin_details: GetAdminDetails,
                get_configuration_value: GetConfigurationValue,
                get_currencies: GetCurrencies,
                get_email_templates: GetEmailTemplates,
                get_payment_methods: GetPaymentMethods,
                get_stats: GetStats,
                log_activity: LogActivity,
                send_admin_email: SendAdminEmail,
                send_email: SendEmail,
                set_configuration_value: SetConfigurationValue,
                trigger_notification_event: TriggerNotificationEvent,
                whmcs_details: WhmcsDetails,
            }
            /// What staff read about the support desk: notes, files, statuses and predefined replies.
            tickets {
                get_support_statuses: GetSupportStatuses,
                get_ticket_attachment: GetTicketAttachment,
                get_ticket_notes: GetTicketNotes,
                get_ticket_predefined_cats: GetTicketPredefinedCats,
                get_ticket_predefined_replies: GetTicketPredefinedReplies,
            }
            /// Users, who log in, and what they may do for which clients.
            users with membership {
                add_user: AddUser,
                create_client_invite: CreateClientInvite,
                delete_user_client: DeleteUserClient,
                get_permissions_list: GetPermissionsList,
                get_user_permissions: GetUserPermissions,
                get_users: GetUsers,
                reset_password: ResetPassword,
                update_user: UpdateUser,
                update_user_permissions: UpdateUserPermissions,
            }
            /// Endpoints that are told of what happens, and the events.
            webhooks with limits {
                add_webhook: AddWebhook,
                delete_webhook: DeleteWebhook,
                get_events: GetEvents,
                get_webhook_deliveries: GetWebhookDeliveries,
                get_webhooks: GetWebhooks,
                replay_webhook: ReplayWebhook,
                update_webhook: UpdateWebhook,
            }
        }
    };
}

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::auth::permission::{Audience, Target};
use crate::call::Call;
use crate::config::Compat;
use crate::custom::{CustomAction, CustomKind};
pub use crate::database::Access;
use crate::database::fingerprint::FingerprintQuery;
use crate::domain::time::Moment;
use crate::error::{DocumentedError, Error, Result};
use crate::param::reading;
use crate::wire::{Encoded, Encoder, Parameters, ToJson};

pub use catalogue::Catalogue;

macro_rules! declare {
    ($($(#[$doc:meta])* $group:ident $(with $($part:ident),+)? { $($module:ident: $action:ident,)+ })+) => {
        $($(#[$doc])* pub mod $group {
            $($(pub mod $part;)+)?
            $(pub mod $module;)+
        })+

        /// Every action that is compiled in. The actions of a server are in its [`Catalogue`].
        pub static CATALOGUE: &[ActionEntry] = &[$($(ActionEntry::of::<$group::$module::$action>(stringify!($group)),)+)+];
    };
}

catalogue!(declare);

/// An action of the API. The implementing type holds the parameters; its doc comments and those of its fields become
/// the API description.
pub trait Action: DeserializeOwned + JsonSchema + Send + 'static {
    /// The documented name; clients may write it in any case.
    const NAME: &'static str;
    /// Whether the action reads or writes. A read has no transaction; a write runs in one transaction as a whole, and
    /// is retried from the start if the database rolled that back.
    const ACCESS: Access;
    /// Whether the action sends commands to modules after its commit and returns their answers.
    const RUNS_MODULES: bool = false;
    /// Whether the action sends commands to registrars after its commit and returns their answers.
    const RUNS_REGISTRARS: bool = false;
    /// If the action sends commands to payment gateways after its commit and returns their answers: what it says then.
    const GATEWAY_WORDS: Option<GatewayWords> = None;
    /// Whether the action hashes a password. A hashing permit is then acquired before a database connection.
    const HASHES_PASSWORDS: bool = false;
    /// Whether the action asks machines of others for its reply ([`Context::ask_outside`]). Only actions that read can, because
    /// a write may be run several times; what a write changes elsewhere is done after its commit, by the outbox, or before its first
    /// write ([`Questions`]).
    ///
    /// [`Context::ask_outside`]: crate::operations::Context::ask_outside
    /// [`Questions`]: crate::outbox::registrars::Questions
    const ASKS_OUTSIDE: bool = false;
    /// Whether the reply depends on the server itself, such as on its keys, so that no other server gives the same one.
    const IS_LOCAL: bool = false;
    /// Whether the reply has passwords or other secrets, which only some callers get ([`Call::tells_secrets`]).
    const TELLS_SECRETS: bool = false;
    /// Whether the reply of a write has secrets, so that it is sealed while it is kept for repetitions of the call.
    const REPLY_HAS_SECRETS: bool = false;
    /// The query for the fingerprint of all rows that the reply depends on, if replies may be answered from memory while
    /// these rows are the same. A reply must depend on nothing else but the query's values and the settings: neither on
    /// the caller nor on the time.
    const FINGERPRINT: Option<fn(&Self) -> FingerprintQuery> = None;
    /// What the action changes besides what it returns. An action that sends mails or commands through the outbox says so.
    const TOUCHES: Touches = match Self::RUNS_MODULES || Self::RUNS_REGISTRARS || Self::GATEWAY_WORDS.is_some() {
        true => Touches::Outbox,
        false => Touches::Database,
    };
    /// Whether the action deletes, ends or gives away something that cannot be brought back by another call.
    const IS_DESTRUCTIVE: bool = false;
    /// Whether WHMCS documents this action.
    const IS_DOCUMENTED: bool = true;
    /// The parameters without which the action is rejected.
    const REQUIRED: &[&str] = &[];
    /// The example call in the documentation: parameters, as a JSON object, that have an effect on the demo data.
    const EXAMPLE: &'static str;
    /// The documented errors, in the order in which they are checked.
    const ERRORS: &'static [DocumentedError] = &[];
    /// The documented parameters that have no effect here.
    const IGNORED: &'static [Ignored] = &[];
    type Reply: Serialize + JsonSchema + Send;

    /// Runs the action. Checks are made in the order of the documented errors, and everything is read before the first
    /// write.
    fn run(self, call: Call<'_>) -> impl Future<Output = Result<Self::Reply>> + Send;
}

/// What an action touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Touches {
    /// Rows, so that a transaction that is rolled back shows all that it would do.
    Database,
    /// Rows, and those outside who get something after the commit: mails, and commands to modules, registrars and gateways.
    Outbox,
    /// Others, while it runs: a custom endpoint.
    Outside,
}

/// What an action says of a command to a payment gateway that did not succeed.
#[derive(Debug, Clone, Copy)]
pub struct GatewayWords {
    /// If the gateway has done nothing; by default, its reason.
    pub failed: Option<&'static str>,
    /// If nothing was left to do once it was to be asked.
    pub superseded: &'static str,
}

/// Documented parameters of an action that are accepted and have no effect. The API description lists them.
#[derive(Debug, Clone, Copy)]
pub struct Ignored {
    pub parameters: &'static [&'static str],
    /// Why they have no effect: a sentence without its full stop.
    pub reason: &'static str,
}

/// Runs an action: decodes its parameters and encodes its reply.
pub type Run =
    for<'c> fn(&'c Parameters, &'c Encoder, Call<'c>) -> Pin<Box<dyn Future<Output = Result<Encoded>> + Send + 'c>>;

type Fingerprint = fn(&Parameters) -> Result<FingerprintQuery>;

/// The description of an action in the catalogue.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub struct ActionEntry {
    pub name: Cow<'static, str>,
    /// The group in which the documentation lists the action, in lower case: the name of its folder.
    pub group: Cow<'static, str>,
    pub access: Access,
    /// Whether WHMCS documents this action.
    pub is_documented: bool,
    pub errors: &'static [DocumentedError],
    /// The documented parameters that have no effect.
    pub ignored: &'static [Ignored],
    pub(crate) runs_modules: bool,
    pub(crate) runs_registrars: bool,
    pub(crate) gateway_words: Option<GatewayWords>,
    pub(crate) tells_secrets: bool,
    reply_has_secrets: bool,
    pub(crate) hashes_passwords: bool,
    pub(crate) asks_outside: bool,
    pub touches: Touches,
    /// Whether the action deletes, ends or gives away something for good.
    pub is_destructive: bool,
    /// Whether no other server gives the same reply.
    pub(crate) is_local: bool,
    /// Who may call it; for members of staff, their roles decide.
    pub(crate) audience: Audience,
    /// The action and the group whose permission is needed, if these are not its own.
    permission: Option<(&'static str, Cow<'static, str>)>,
    definition: Definition,
}

/// What defines an action.
#[derive(Clone)]
enum Definition {
    /// A type of this program.
    Compiled(Compiled),
    /// The settings.
    Custom(Arc<CustomAction>),
    /// Another API surface.
    Foreign(Run),
}

/// A method of another API surface, which runs as actions do: in the same transactions, with the same idempotency keys, limits,
/// log and metrics.
#[derive(Clone, Copy)]
pub struct ForeignMethod {
    pub name: &'static str,
    pub access: Access,
    /// Who may call it.
    pub audience: Audience,
    /// The action whose permission allows it to members of staff; by default, nothing but a role for everything.
    pub permission: Option<&'static str>,
    pub traits: ForeignTraits,
    pub run: Run,
}

/// What the pipeline has to know of a method; see the constants of [`Action`].
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub struct ForeignTraits {
    pub runs_modules: bool,
    pub runs_registrars: bool,
    pub hashes_passwords: bool,
    pub asks_outside: bool,
    pub reply_has_secrets: bool,
}

/// The constants and functions that are compiled for the type of an action.
#[derive(Clone, Copy)]
struct Compiled {
    required: &'static [&'static str],
    example: &'static str,
    fingerprint: Option<Fingerprint>,
    run: Run,
    request: fn(&mut SchemaGenerator) -> Schema,
    reply: fn(&mut SchemaGenerator) -> Schema,
}

impl ActionEntry {
    const fn of<A: Action>(group: &'static str) -> ActionEntry {
        let fingerprint: Option<Fingerprint> = match A::FINGERPRINT {
            Some(_) => Some(fingerprint::<A>),
            None => None,
        };
        assert!(
            fingerprint.is_none() || matches!(A::ACCESS, Access::Read) && !A::TELLS_SECRETS,
            "replies of this action differ from caller to caller"
        );
        assert!(
            !A::ASKS_OUTSIDE || matches!(A::ACCESS, Access::Read) && fingerprint.is_none(),
            "a transaction would be open while others are asked"
        );
        ActionEntry {
            name: Cow::Borrowed(A::NAME),
            group: Cow::Borrowed(group),
            access: A::ACCESS,
            is_documented: A::IS_DOCUMENTED,
            errors: A::ERRORS,
            ignored: A::IGNORED,
            runs_modules: A::RUNS_MODULES,
            runs_registrars: A::RUNS_REGISTRARS,
            gateway_words: A::GATEWAY_WORDS,
            tells_secrets: A::TELLS_SECRETS,
            reply_has_secrets: A::REPLY_HAS_SECRETS,
            hashes_passwords: A::HASHES_PASSWORDS,
            asks_outside: A::ASKS_OUTSIDE,
            touches: A::TOUCHES,
            is_destructive: A::IS_DESTRUCTIVE,
            is_local: A::IS_LOCAL,
            audience: Audience::Staff,
            permission: None,
            definition: Definition::Compiled(Compiled {
                required: A::REQUIRED,
                example: A::EXAMPLE,
                fingerprint,
                run: |parameters, encoder, call| Box::pin(run::<A>(parameters, encoder, call)),
                request: A::json_schema,
                reply: A::Reply::json_schema,
            }),
        }
    }

    /// Describes an action that the settings define.
    fn custom(action: CustomAction) -> ActionEntry {
        ActionEntry {
            name: action.name.clone().into(),
            group: Cow::Borrowed(CustomAction::GROUP),
            access: action.access(),
            is_documented: false,
            errors: &[],
            ignored: &[],
            runs_modules: false,
            runs_registrars: false,
            gateway_words: None,
            asks_outside: false,
            touches: if let CustomKind::Endpoint(_) = action.kind { Touches::Outside } else { Touches::Database },
            // Nobody but its author knows what it does.
            is_destructive: action.access() == Access::Write,
            is_local: false,
            tells_secrets: false,
            reply_has_secrets: false,
            hashes_passwords: false,
            audience: Audience::Staff,
            permission: None,
            definition: Definition::Custom(Arc::new(action)),
        }
    }

    /// Describes a method of another API surface.
    pub fn foreign(group: &'static str, method: ForeignMethod) -> ActionEntry {
        let ForeignMethod { name, access, audience, permission, traits, run } = method;
        let granting = permission.and_then(|name| CATALOGUE.iter().find(|entry| entry.name == name));
        ActionEntry {
            name: Cow::Borrowed(name),
            group: Cow::Borrowed(group),
            access,
            is_documented: false,
            errors: &[],
            ignored: &[],
            runs_modules: traits.runs_modules,
            runs_registrars: traits.runs_registrars,
            gateway_words: None,
            tells_secrets: false,
            reply_has_secrets: traits.reply_has_secrets,
            hashes_passwords: traits.hashes_passwords,
            asks_outside: traits.asks_outside,
            // Agents are offered actions only.
            touches: Touches::Outbox,
            is_destructive: access == Access::Write,
            is_local: true,
            audience,
            permission: permission.zip(granting.map(|entry| entry.group.clone())),
            definition: Definition::Foreign(run),
        }
    }

    /// Returns the action's definition if it is one of the settings.
    pub fn as_custom(&self) -> Option<&Arc<CustomAction>> {
        match &self.definition {
            Definition::Compiled(_) | Definition::Foreign(_) => None,
            Definition::Custom(custom) => Some(custom),
        }
    }

    /// Whether the action asks machines of others.
    pub fn asks_outside(&self) -> bool {
        self.asks_outside
    }

    /// Whether the reply of this write has secrets, so that it is kept sealed.
    pub fn reply_has_secrets(&self) -> bool {
        self.reply_has_secrets
    }

    /// The properties of the action that permissions are matched against.
    pub fn target(&self) -> Target<'_> {
        let is_custom = self.as_custom().is_some();
        let (name, group) = match &self.permission {
            Some((name, group)) => (*name, &**group),
            None => (&*self.name, &*self.group),
        };
        Target { name, group, access: self.access, is_custom }
    }

    /// Returns `whmcs`, `custom` for a custom action, or `addition` for another one that WHMCS lacks.
    pub fn origin(&self) -> &'static str {
        match &self.definition {
            Definition::Custom(_) => "custom",
            Definition::Compiled(_) if self.is_documented => "whmcs",
            Definition::Compiled(_) | Definition::Foreign(_) => "addition",
        }
    }

    /// The parameters without which the action is rejected.
    pub fn required(&self) -> Vec<&str> {
        match &self.definition {
            Definition::Compiled(compiled) => compiled.required.to_vec(),
            Definition::Custom(custom) => custom.parameters.required(),
            Definition::Foreign(_) => Vec::new(),
        }
    }

    /// The example call: parameters, as a JSON object. Those of a compiled action have an effect on the demo data.
    pub fn example(&self) -> Cow<'static, str> {
        match &self.definition {
            Definition::Compiled(compiled) => compiled.example.into(),
            Definition::Custom(custom) => custom.parameters.example().to_string().into(),
            Definition::Foreign(_) => "{}".into(),
        }
    }

    /// Decodes the parameters, runs the action and encodes its reply. Custom actions are run in other ways.
    pub(crate) fn run<'c>(
        &self,
        parameters: &'c Parameters,
        encoder: &'c Encoder,
        call: Call<'c>,
    ) -> Pin<Box<dyn Future<Output = Result<Encoded>> + Send + 'c>> {
        let (compat, now) = (call.compat, call.now);
        match &self.definition {
            Definition::Compiled(compiled) => {
                Box::pin(reading::within(compat, now, (compiled.run)(parameters, encoder, call)))
            }
            Definition::Foreign(run) => Box::pin(reading::within(compat, now, run(parameters, encoder, call))),
            Definition::Custom(custom) => {
                let error = internal_error("running", &custom.name, &"it is not compiled in");
                Box::pin(std::future::ready(Err(error)))
            }
        }
    }

    fn fingerprint_query(&self) -> Option<Fingerprint> {
        match &self.definition {
            Definition::Compiled(compiled) => compiled.fingerprint,
            Definition::Custom(_) | Definition::Foreign(_) => None,
        }
    }

    /// Whether replies may be answered from memory.
    pub fn has_fingerprint(&self) -> bool {
        self.fingerprint_query().is_some()
    }

    /// Returns the query for the fingerprint of the rows that the reply depends on; `None` if replies of this action are not
    /// answered from memory.
    pub fn fingerprint(
        &self,
        parameters: &Parameters,
        compat: &Compat,
        now: Moment,
    ) -> Result<Option<FingerprintQuery>> {
        let Some(fingerprint) = self.fingerprint_query() else { return Ok(None) };
        reading::decoding(compat, now, || fingerprint(parameters)).map(Some)
    }

    /// Returns the JSON schema of the parameters.
    pub(crate) fn request_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        match &self.definition {
            Definition::Compiled(compiled) => (compiled.request)(generator),
            Definition::Custom(custom) => custom.request_schema(),
            Definition::Foreign(_) => Schema::default(),
        }
    }

    /// Returns the names of the parameters that have an effect; of numbered ones, such as `itemamount1`, the first.
    pub(crate) fn parameter_names(&self) -> Vec<String> {
        let schema = self.request_schema(&mut SchemaGenerator::default());
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Map::keys).cloned().collect()
    }

    pub(crate) fn reply_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        match &self.definition {
            Definition::Compiled(compiled) => (compiled.reply)(generator),
            Definition::Custom(custom) => custom.reply_schema(),
            Definition::Foreign(_) => Schema::default(),
        }
    }
}

/// Runs an action. This function is compiled for each action, so it contains as little as possible.
async fn run<A: Action>(parameters: &Parameters, encoder: &Encoder, call: Call<'_>) -> Result<Encoded> {
    let mut action = decode::<A>(parameters)?;
    if reading::learn_date_format(call.db).await? {
        action = decode::<A>(parameters)?;
    }
    let reply = action.run(call).await?;
    encode(A::NAME, &reply, encoder)
}

/// Decodes the parameters of an action that has fingerprints.
fn fingerprint<A: Action>(parameters: &Parameters) -> Result<FingerprintQuery> {
    let query = A::FINGERPRINT.ok_or_else(|| Error::Internal(format!("{} has no fingerprint", A::NAME).into()))?;
    Ok(query(&decode::<A>(parameters)?))
}

fn decode<A: Action>(parameters: &Parameters) -> Result<A> {
    A::deserialize(&parameters.values).map_err(|error| internal_error("decoding", A::NAME, &error))
}

fn encode(action: &str, reply: &dyn ToJson, encoder: &Encoder) -> Result<Encoded> {
    encoder.success(reply).map_err(|error| internal_error("encoding the reply of", action, &error))
}

fn internal_error(step: &str, action: &str, error: &dyn fmt::Display) -> Error {
    Error::Internal(format!("{step} {action}: {error}").into())
}
