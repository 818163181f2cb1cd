"""Where Asterisk is and how it is reached; its whole configuration is made from these values."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

NO_NEW_SECTION = r"^[^\s;\[\]]*$"  # what a line of Asterisk's configuration can hold as one word
HOST = r"^[A-Za-z0-9.:_-]*$"


class AsteriskSettings(BaseModel):
    """Empty `shared_dir`: no Asterisk. Addresses are bound as given, never a wildcard unless it is asked for."""

    model_config = ConfigDict(frozen=True)

    shared_dir: Path | None = Field(
        default=None, description="folder that Asterisk and the gateway see under the same path; set: calls by Asterisk"
    )
    application: str = Field(default="axd", pattern=r"^[a-z0-9-]+$", description="name of the ARI application")
    ari_host: str = Field(default="127.0.0.1", pattern=HOST, description="address of Asterisk's HTTP server")
    ari_port: int = Field(default=8088, ge=1, le=65535, description="port of Asterisk's HTTP server")
    ari_user: str = Field(default="axd", pattern=r"^[A-Za-z0-9-]+$")
    ari_password: SecretStr = Field(default=SecretStr(""), description="empty: derived from the platform's secret key")
    sip_address: str = Field(default="127.0.0.1", pattern=HOST, description="address that SIP over UDP and RTP bind to")
    sip_port: int = Field(default=5060, ge=1, le=65535)
    external_address: str = Field(default="", pattern=HOST, description="public address, behind NAT")
    local_networks: tuple[str, ...] = Field(default=(), description="networks reached without NAT, as 10.0.0.0/8")
    rtp_from: int = Field(default=10000, ge=1024, le=65535)
    rtp_to: int = Field(default=20000, ge=1024, le=65535)
    websocket_url: str = Field(default="", description="SIP over WebSocket as browsers reach it; empty: none offered")
    fax_station: str = Field(default="AXD", pattern=r"^[\w +().-]{0,20}$", description="sender id on sent faxes")

    @property
    def is_used(self) -> bool:
        return self.shared_dir is not None

    @property
    def shared(self) -> Path:
        """Raises `ValueError` where no Asterisk is used."""
        if self.shared_dir is None:
            raise ValueError("AXD_ASTERISK__SHARED_DIR is not set")
        return self.shared_dir.absolute()

    @property
    def prompts_dir(self) -> Path:
        return self.shared / "prompts"

    @property
    def recordings_dir(self) -> Path:
        """Where ARI leaves recordings: Asterisk fixes the last folder's name."""
        return self.shared / "spool" / "recording"

    @property
    def fax_dir(self) -> Path:
        return self.shared / "fax"

    @property
    def music_dir(self) -> Path:
        return self.shared / "music"
