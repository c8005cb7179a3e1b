"""Every field that has a number, with the kind of its value.

Numbers 2, 3, 20, 22, 35, 38, 45, 58, 92, 93 and 98…101 are not used. ``secret`` fields are never shown: what they hold
would do for another payment, or travels between the pinpad and its bank alone.
"""

from typing import Any, Generic, TypeVar

from transports.smartsale.values import Codec, Number, Opaque, Text, Unfit

Value = TypeVar("Value")
FIELDS: dict[int, "Field[Any]"] = {}
"""By number."""


class Field(Generic[Value]):
    """A numbered field: ``decode`` raises Malformed, ``encode`` Unfit."""

    def __init__(self, number: int, name: str, codec: Codec[Value], *, secret: bool = False) -> None:
        self.number = number
        self.name = name
        self.secret = secret
        self._codec = codec
        FIELDS[number] = self

    def encode(self, value: Value) -> bytes:
        """Never empty: a field without data is left out, because some terminals refuse it."""
        data = self._codec.encode(value)
        if not data:
            raise Unfit(f"field {self.number} ({self.name}) is empty", "at least one byte")
        return data

    def decode(self, data: bytes) -> Value:
        return self._codec.decode(data)

    def written(self, text: str) -> bytes:
        """``text`` as it stands (padding too), once it is certain that it is such a value; raises ValueError."""
        data = Text().encode(text)
        self.encode(self.decode(data))
        return data

    @property
    def is_opaque(self) -> bool:
        """Whether its bytes are not for people."""
        return isinstance(self._codec, Opaque)

    def __repr__(self) -> str:
        return f"Field({self.number}, {self.name})"


def _number(number: int, name: str, digits: int = 18) -> Field[int]:
    return Field(number, name, Number(digits))


def _text(number: int, name: str, *, secret: bool = False) -> Field[str]:
    return Field(number, name, Text(), secret=secret)


def _bytes(number: int, name: str, *, secret: bool = False) -> Field[bytes]:
    return Field(number, name, Opaque(), secret=secret)


AMOUNT = _number(0, "amount", 12)  # in minor units
ADDITIONAL_AMOUNT = _number(1, "additional_amount", 12)  # one driver: the amount of the original in a partial void
CURRENCY = _number(4, "currency", 3)
SETTLEMENT_CURRENCY = _number(5, "settlement_currency", 3)
HOST_TIME = _text(6, "host_time")  # YYYYMMDDhhmmss, as 7 and 21
SETTLEMENT_TIME = _text(7, "settlement_time")
ENTRY_MODE = _number(8, "entry_mode")  # 1 by hand, 2 read by the cash register, 3 by the pinpad
PIN_CODING = _number(9, "pin_coding")
PAN = _text(10, "pan", secret=True)  # masked in answers, and masked again by us
EXPIRY = _text(11, "expiry", secret=True)  # YYMM
TRACK2 = _bytes(12, "track2", secret=True)
AUTH_CODE = _text(13, "auth_code")
RRN = _text(14, "rrn")  # 12 digits
RESPONSE_CODE = _text(15, "response_code")
PIN_BLOCK = _bytes(16, "pin_block", secret=True)
PIN_KEY = _bytes(17, "pin_key", secret=True)
WORK_KEY = _bytes(18, "work_key", secret=True)
TEXT = _text(19, "text")
LOCAL_TIME = _text(21, "local_time")  # at the cash register or terminal
TRANSACTION_ID = _text(23, "transaction_id")
HOST_TERMINAL_ID = _text(24, "host_terminal_id")
OPERATION = _number(25, "operation")
NUMBER = _number(26, "number", 6)  # the cash register's own, 0…999999
TERMINAL_ID = _text(27, "terminal_id")
MERCHANT_ID = _text(28, "merchant_id")
DEBIT_AMOUNT = _number(29, "debit_amount")
DEBIT_COUNT = _number(30, "debit_count")
CREDIT_AMOUNT = _number(31, "credit_amount")
CREDIT_COUNT = _number(32, "credit_count")
BATCH = _text(33, "batch")
ORIGINAL_OPERATION = _number(34, "original_operation")
MAC = _bytes(36, "mac")
HOST_ID = _text(37, "host_id")
STATUS = _number(39, "status")  # 1 approved; see ``answers``
ADMIN_TRACK2 = _bytes(40, "admin_track2", secret=True)
ADMIN_PIN_BLOCK = _bytes(41, "admin_pin_block", secret=True)
ADMIN_PAN = _text(42, "admin_pan", secret=True)
ADMIN_EXPIRY = _text(43, "admin_expiry", secret=True)
TRACK1 = _bytes(44, "track1", secret=True)
ADMIN_ENTRY_MODE = _number(46, "admin_entry_mode")
CVV2 = _text(47, "cvv2", secret=True)
CRYPTO_ALGORITHM = _text(48, "crypto_algorithm")
VOIDED_DEBIT_AMOUNT = _number(49, "voided_debit_amount")
VOIDED_DEBIT_COUNT = _number(50, "voided_debit_count")
VOIDED_CREDIT_AMOUNT = _number(51, "voided_credit_amount")
VOIDED_CREDIT_COUNT = _number(52, "voided_credit_count")
PROCESSING_FLAG = _text(53, "processing_flag")
HOST_TRANSACTION_ID = _text(54, "host_transaction_id")
EMV_DATA = _bytes(55, "emv_data", secret=True)  # may hold the card number
RECIPIENT = _text(56, "recipient")
CARD_WAIT = _number(57, "card_wait")
ENCRYPTED = _bytes(59, "encrypted", secret=True)  # no slip id, whatever the name of it in some lists
FILE_NAME = _text(60, "file_name")
FILE_ID = _text(61, "file_id")
DEVICE_TYPE = _text(62, "device_type")
DEVICE_SERIAL = _text(63, "device_serial")
MODE = _number(64, "mode")
MODE2 = _number(65, "mode2")
MODE3 = _number(66, "mode3")
RESULT = _number(67, "result")
DATA_LENGTH = _number(68, "data_length")
MD5 = _bytes(69, "md5")
DATA = _bytes(70, "data", secret=True)
SCREEN = _text(71, "screen")  # for the screen
RANDOM = _bytes(72, "random")
DATA_TYPE = _text(73, "data_type")
FILE_TIME = _text(74, "file_time")
MASTER_KEY_ID = _text(75, "master_key_id")
QUESTION = _text(76, "question")  # to the cashier; 77 is the answer
REPLY = _text(77, "reply")
EMV_FLAG = _text(78, "emv_flag")
ACCOUNT_TYPE = _text(79, "account_type")
COMMODITY_CODE = _text(80, "commodity_code")
PAYMENT_DETAILS = _text(81, "payment_details")
PROVIDER_CODE = _text(82, "provider_code")
ACQUIRER = _text(83, "acquirer")
DEVICE_NUMBER = _text(84, "device_number")
LOG_COMMAND = _text(85, "log_command")
ADDITIONAL_DATA = _bytes(86, "additional_data")
RESULT_FILE = _bytes(87, "result_file")
REPORT_FILE = _bytes(88, "report_file")
SOFTWARE = _text(89, "software")  # model and software of the other device
SLIPS = _bytes(90, "slips")  # see ``slips``
PULSAR = _bytes(91, "pulsar")
CURRENT_TIME = _text(94, "current_time")
NEW_PIN = _bytes(95, "new_pin", secret=True)
STEP = _number(96, "step")
TRACK3 = _bytes(97, "track3", secret=True)
APPLICATION_SETTING = _text(102, "application_setting")
OS_VERSION = _text(103, "os_version")
BANK_TERMINAL_ID = _text(104, "bank_terminal_id")
BANK_NAME = _text(105, "bank_name")
CONNECTOR_STATUS = _number(106, "connector_status")
CASH_STATUS = _number(107, "cash_status")  # of having received the result
SLIP_NUMBER = _text(108, "slip_number")
