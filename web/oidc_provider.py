"""The identity provider of the settings, spoken to by OpenID Connect: code flow with PKCE, its signature checked."""

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from core.errors import N_, Broken
from core.logs import log_named
from core.settings import settings
from portfolio.identity_linking import VouchedFor

_SECONDS = 10.0  # that an answer of the provider may take
_KNOWN_FOR = 600.0  # seconds for which its addresses and keys are not asked for again
_LEFT_ALONE = 5.0  # seconds after it did not answer in which it is not asked again
_LEEWAY = 60  # seconds by which its clock may differ
# Signatures by a key that only the provider has. `none` and those by a shared secret are no proof.
_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]

_log = log_named("qingshan.oidc")


class ProviderSilent(Broken):
    status = 502
    sentence = N_("统一身份认证没有应答或应答不对。请稍后再试；如果仍不成功，请告诉系统管理员。")


class ProviderRefused(Broken):
    status = 403
    sentence = N_("统一身份认证没有同意这次登录（%(why)s）。请重新登录，或请系统管理员检查设置。")


class NotProven(Broken):
    status = 403
    sentence = N_("无法确认这次登录来自统一身份认证，没有登录。请重新登录。")


@dataclass(frozen=True)
class Asked:
    """What a sign-in at the provider began with; the browser keeps it sealed."""

    state: str
    nonce: str
    verifier: str
    next: str


class Provider:
    """One provider. Its addresses and keys are asked for when they are needed and kept for a while."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], KeySet] | None = None
        self._silent_until = 0.0

    def asked(self, next_: str) -> Asked:
        """New secrets for one sign-in."""
        return Asked(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), next_)

    def address(self, asked: Asked, redirect: str) -> str:
        """Where the browser is led. Errors: ProviderSilent."""
        metadata, _keys = self._told()
        with self._client(redirect) as client:
            address, _state = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.verifier,
            )
        return str(address)

    def vouched_for(self, asked: Asked, code: str, redirect: str) -> VouchedFor:
        """Who signed in, for the code that the browser brought.

        Errors: ProviderSilent, ProviderRefused, NotProven.
        """
        metadata, _keys = self._told()
        with self._client(redirect) as client:
            try:
                token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=asked.verifier)
                claims = self.claims(str(token.get("id_token") or ""), asked.nonce)
                if not claims.get(settings().oidc_username_claim) and metadata.get("userinfo_endpoint"):
                    more = client.get(metadata["userinfo_endpoint"]).raise_for_status().json()
                    claims = more | claims if more.get("sub") == claims["sub"] else claims
            except AuthlibBaseError as error:
                _log.warning("the provider refused a code", error=error.error, told=str(error.description)[:200])
                raise ProviderRefused(why=str(error.error)[:60]) from error
            except (httpx.HTTPError, ValueError) as error:
                _log.warning("the provider did not answer", error=type(error).__name__)
                raise ProviderSilent from error
        return self._vouched(claims)

    def claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """What the token says, after signature, issuer, audience, time and nonce were checked.

        Errors: NotProven; ProviderSilent.
        """
        try:
            token = self._decoded(id_token)
            client_id = settings().oidc_client_id
            registry = JWTClaimsRegistry(
                leeway=_LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(token.claims)
        except (JoseError, ValueError) as error:
            _log.warning("a token that proves nothing", error=str(error)[:200])
            raise NotProven from error
        claims = token.claims
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if (len(audience) > 1 or "azp" in claims) and claims.get("azp") != client_id:
            raise NotProven
        return claims

    def _decoded(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, self._told()[1], algorithms=_SIGNED_BY)
        except (JoseError, ValueError):
            # The provider may have changed its keys since they were asked for.
            return jwt.decode(id_token, self._told(anew=True)[1], algorithms=_SIGNED_BY)

    def _vouched(self, claims: dict[str, Any]) -> VouchedFor:
        def said(claim: str | None) -> str:
            value = claims.get(claim) if claim else None
            return value.strip()[:200] if isinstance(value, str) else ""

        return VouchedFor(
            self.issuer,
            str(claims["sub"])[:255],
            said(settings().oidc_username_claim),
            said(settings().oidc_name_claim),
            said(settings().oidc_department_claim),
        )

    def _client(self, redirect: str) -> OAuth2Client:
        secret = settings().oidc_client_secret
        return OAuth2Client(
            client_id=settings().oidc_client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            scope=settings().oidc_scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
            token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
            timeout=_SECONDS,
            follow_redirects=False,
        )

    def _told(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        """Its addresses and keys. Errors: ProviderSilent."""
        with self._lock:
            if self._known is None or anew or time.monotonic() - self._known[0] > _KNOWN_FOR:
                if time.monotonic() < self._silent_until:
                    raise ProviderSilent
                try:
                    self._known = (time.monotonic(), *self._ask())
                except ProviderSilent:
                    self._silent_until = time.monotonic() + _LEFT_ALONE
                    raise
            return self._known[1], self._known[2]

    def _ask(self) -> tuple[dict[str, Any], KeySet]:
        try:
            with httpx.Client(timeout=_SECONDS) as client:
                place = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                metadata = client.get(place).raise_for_status().json()
                if metadata["issuer"] != self.issuer:
                    raise ValueError(f"the provider calls itself {metadata['issuer']!r}")
                metadata["authorization_endpoint"], metadata["token_endpoint"]
                keys = KeySet.import_key_set(client.get(metadata["jwks_uri"]).raise_for_status().json())
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            _log.warning("the provider's description cannot be read", error=f"{type(error).__name__}: {error}"[:300])
            raise ProviderSilent from error
        return metadata, keys
