//! One loaded component: who it is, how one signs in, what it can do, what a
//! webhook delivered. None of that needs a credential of an account or the
//! network, and none of it is let out.

use std::sync::Arc;

use tokio::sync::OnceCell;
use wasmtime::Store;

use crate::bindings;
use crate::bounded::bounded;
use crate::connection::Connection;
use crate::contract::{Asset, AuthMethod, Codified, Detail, Event, Identity, Kind, Operation};
use crate::error::{Error, LoadError};
use crate::grants::{Allowed, Grants};
use crate::host::Host;
use crate::settle::{settle, sound_identity};
use crate::sign::{self, Placeholders, Secret, Sign};
use crate::state::State;

/// A component that fits the contract, ready to be instantiated. Cheap to clone.
#[derive(Clone)]
pub struct Connector(Arc<Inner>);

struct Inner {
    host: Host,
    pre: bindings::ConnectorPre<State>,
    sha256: String,
    identity: Identity,
    auth_methods: Vec<AuthMethod>,
    /// Asked for once: it is always the same.
    operations: OnceCell<Vec<Operation>>,
}

impl Connector {
    pub(crate) async fn new(host: Host, pre: bindings::ConnectorPre<State>, sha256: String) -> Result<Self, Error> {
        let mut instance = Instance::new(&host, &pre, Allowed::default(), Placeholders::default()).await.map_err(
            |error| match error {
                // Types are compared when a component is instantiated.
                Error::Trap(why) => LoadError::NotThisContract {
                    unknown_imports: Vec::new(),
                    missing_exports: Vec::new(),
                    detail: Some(why),
                }
                .into(),
                other => other,
            },
        )?;
        let guest = instance.guest.saas_connector_catalog();
        let asked = bounded(&host.options().limits, async {
            let identity = guest.call_identify(&mut instance.store).await?;
            let auth_methods = guest.call_auth_methods(&mut instance.store).await?;
            Ok((identity, auth_methods))
        });
        let asked = asked.await;
        let (identity, auth_methods) = settle(&host.options().limits, asked)?;
        sound_identity(&identity)?;
        Ok(Connector(Arc::new(Inner { host, pre, sha256, identity, auth_methods, operations: OnceCell::new() })))
    }

    /// SHA-256 of the component, as 64 hexadecimal digits: what
    /// [`Grants::sha256`] pins.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Who the connector is and what it asks for.
    #[must_use]
    pub fn identify(&self) -> &Identity {
        &self.0.identity
    }

    /// Every way to sign in; the first is the one to offer first.
    #[must_use]
    pub fn auth_methods(&self) -> &[AuthMethod] {
        &self.0.auth_methods
    }

    /// Every operation, by area and in a sensible order.
    ///
    /// # Errors
    /// [`Error::Trap`] and [`Error::Limit`].
    pub async fn operations(&self) -> Result<Vec<Operation>, Error> {
        self.0.operations.get_or_try_init(|| self.ask_operations()).await.cloned()
    }

    async fn ask_operations(&self) -> Result<Vec<Operation>, Error> {
        let mut instance = self.catalog_instance().await?;
        let guest = instance.guest.saas_connector_catalog();
        let answer = bounded(&self.0.host.options().limits, guest.call_operations(&mut instance.store));
        let answer = answer.await;
        settle(&self.0.host.options().limits, answer)
    }

    /// One operation in full: schemas of what it takes and answers, a sample.
    ///
    /// # Errors
    /// [`Error::Connector`] with reason `invalid` if there is no such
    /// operation; [`Error::Trap`] and [`Error::Limit`].
    pub async fn describe(&self, operation: &str) -> Result<Detail, Error> {
        let mut instance = self.catalog_instance().await?;
        let guest = instance.guest.saas_connector_catalog();
        let answer = bounded(&self.0.host.options().limits, guest.call_describe(&mut instance.store, operation));
        let answer = answer.await;
        Ok(settle(&self.0.host.options().limits, answer)??)
    }

    /// Every kind of asset that a scan finds, in the order in which it asks for
    /// them.
    ///
    /// # Errors
    /// [`Error::Trap`] and [`Error::Limit`].
    pub async fn kinds(&self) -> Result<Vec<Kind>, Error> {
        let mut instance = self.catalog_instance().await?;
        let guest = instance.guest.saas_connector_inventory();
        let answer = bounded(&self.0.host.options().limits, guest.call_kinds(&mut instance.store));
        let answer = answer.await;
        settle(&self.0.host.options().limits, answer)
    }

    /// The assets as code: Terraform's language or its JSON, a file that Pulumi imports, or what a state would
    /// hold. Needs no account and sends nothing. `settings`: a JSON object, see `codify_settings` in the `extra` of
    /// [`Connector::identity`].
    ///
    /// # Errors
    /// [`Error::Connector`] with reason `invalid` for settings or assets that are none; [`Error::Trap`] and
    /// [`Error::Limit`].
    pub async fn codify(&self, assets: &[Asset], settings: &str) -> Result<Codified, Error> {
        let mut instance = self.catalog_instance().await?;
        let guest = instance.guest.saas_connector_inventory();
        let settings = settings.to_owned();
        let answer = guest.call_codify(&mut instance.store, assets, &settings);
        let answer = bounded(&self.0.host.options().limits, answer).await;
        Ok(settle(&self.0.host.options().limits, answer)??)
    }

    /// Verifies what a webhook delivered and reads its events. Needs no account
    /// and sends nothing. `secrets` are those of the subscriptions that deliver
    /// here, shown once when each was made; unlike an account's key the connector
    /// is given them. `headers` are all that came, and `body` its very bytes.
    ///
    /// # Errors
    /// [`Error::Connector`] with reason `unauthenticated` if no signature fits,
    /// `invalid` for what can be no delivery, `unexpected` for one that is signed
    /// and cannot be read; [`Error::Trap`] and [`Error::Limit`].
    pub async fn receive(
        &self,
        secrets: &[Secret],
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Vec<Event>, Error> {
        let secrets: Vec<String> = secrets.iter().map(|secret| secret.expose().to_owned()).collect();
        let mut instance = self.catalog_instance().await?;
        let guest = instance.guest.saas_connector_triggers();
        let answer = guest.call_receive(&mut instance.store, &secrets, headers, body);
        let answer = bounded(&self.0.host.options().limits, answer).await;
        Ok(settle(&self.0.host.options().limits, answer)??)
    }

    /// Opens one account. Sends nothing: [`Connection::check`] proves that the
    /// credentials work.
    ///
    /// # Errors
    /// [`Error::Setup`] and [`Error::Credential`] for what cannot be used; [`Error::Connector`] for those that the connector does not accept;
    /// [`Error::Limit`] with [`Limit::Connections`] when the host is full.
    pub async fn open(&self, sign: &Sign, grants: &Grants) -> Result<Connection, Error> {
        let options = self.0.host.options();
        let method = self.0.auth_methods.iter().find(|method| method.id == sign.method);
        let (credentials, placeholders) = Placeholders::replace(&sign.credentials, method)?;
        let (settings, loopback) = sign::settings(sign, &self.0.identity.settings, method, options.allow_loopback)?;
        let allowed = Allowed::new(grants, &self.0.identity.hosts, &self.0.sha256, loopback)?;
        tracing::debug!(connector = %self.0.identity.id, method = %sign.method, ?allowed, "opening");
        let instance = Instance::new(&self.0.host, &self.0.pre, allowed, placeholders).await?;
        // By what it is, not by what it calls itself.
        let member = self.0.host.shared().join(&self.0.sha256, &self.0.identity.settings, sign, self.0.host.now());
        Connection::open(self.0.host.clone(), instance, member, (&sign.method, &credentials, &settings)).await
    }

    async fn catalog_instance(&self) -> Result<Instance, Error> {
        let (host, pre) = (&self.0.host, &self.0.pre);
        Instance::new(host, pre, Allowed::default(), Placeholders::default()).await
    }
}

/// An instance and the store it lives in.
pub(crate) struct Instance {
    pub(crate) store: Store<State>,
    pub(crate) guest: bindings::Connector,
}

impl Instance {
    async fn new(
        host: &Host,
        pre: &bindings::ConnectorPre<State>,
        allowed: Allowed,
        placeholders: Placeholders,
    ) -> Result<Self, Error> {
        let mut store = host.store(allowed, placeholders);
        let guest = bounded(&host.options().limits, pre.instantiate_async(&mut store)).await;
        let guest = settle(&host.options().limits, guest)?;
        Ok(Instance { store, guest })
    }
}
