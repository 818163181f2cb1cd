"""All tables in one place, so that migrations and tests know the whole schema."""

import channels.mail.tables
import channels.sms.smpp.tables
import channels.sms.tables
import channels.telegram.tables
import kit.blobs
import kit.due_work
import kit.event_row
import kit.leases
import kit.search
import records.cases.tables
import records.citizens.tables
import records.knowledge.tables
import records.messages.tables
import records.staff.tables
import router.tables
import telephony.embedded.tables
import telephony.lines.tables
import telephony.tables
import webchat.tables
from kit.tables import Base

METADATA = Base.metadata
TABLE_MODULES = (
    channels.mail.tables,
    channels.sms.tables,
    channels.sms.smpp.tables,
    channels.telegram.tables,
    kit.blobs,
    kit.due_work,
    kit.event_row,
    kit.leases,
    kit.search,
    records.cases.tables,
    records.citizens.tables,
    records.knowledge.tables,
    records.messages.tables,
    records.staff.tables,
    router.tables,
    telephony.tables,
    telephony.lines.tables,
    telephony.embedded.tables,
    webchat.tables,
)
