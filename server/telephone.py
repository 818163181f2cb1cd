"""The switchboard of this installation: what calls need from the rooms above and below."""

from channels.voice.adapter import VoiceIntake
from server.wiring import Services
from telephony.calls import CallEngine
from telephony.prompts.speaker import PromptSpeaker
from telephony.prompts.voices import voice_of
from telephony.switchboard.house import House
from telephony.switchboard.switchboard import Switchboard


def switchboard_for(services: Services, engine: CallEngine) -> Switchboard:
    """Serves the calls of `engine`, and is what this process's router tells of accepted calls."""
    settings, database, access = services.settings, services.database, services.access
    intake = VoiceIntake(
        database.clock, services.direct_intake(services.voice), services.direct_intake(services.voicemail)
    )
    speaker = PromptSpeaker(
        database=database,
        access=access,
        blobs=services.blobs,
        voice=voice_of(settings.speech),
        folder=settings.data_dir / "speech",
    )
    house = House(
        engine=engine,
        database=database,
        access=access,
        router=services.router,
        blobs=services.blobs,
        events=services.events,
        speaker=speaker,
        arrive=intake.arrive,
        hand_in=intake.hand_in,
        settings=settings.switchboard,
    )
    switchboard = Switchboard(house)
    services.voice.telephone = switchboard
    return switchboard
