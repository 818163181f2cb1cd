"""What the operator says about the account."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class WeChatSettings(BaseModel):
    """`aes_key` is the platform's EncodingAESKey; with it plain messages are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app_id: str = Field(min_length=1, max_length=64)
    app_secret: SecretStr
    token: SecretStr = Field(min_length=3, max_length=32)
    aes_key: SecretStr | None = Field(default=None, min_length=43, max_length=43)
    api_url: str = Field(default="https://api.weixin.qq.com", pattern=r"^https?://")
