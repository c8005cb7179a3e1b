"""Fields that several commands share, by tag of the fiscal data format, with this register's limits.

Where the maker's document gives no limit (the agents' phones 1073, 1074, 1171) the format's own stands.
"""

from datetime import date
from typing import Annotated

from transports.terminalfa.layouts import Tag
from transports.terminalfa.values import Fvln, Padded, Raw, Text, Uint, UnixDate, Vln

# who and where
Cashier = Annotated[str, Tag(1021, Text(64))]
CashierInn = Annotated[str, Tag(1203, Padded(12))]
BuyerContact = Annotated[str, Tag(1008, Text(64))]
BuyerName = Annotated[str, Tag(1227, Text(256))]
BuyerInn = Annotated[str, Tag(1228, Padded(12))]
SettlementAddress = Annotated[str, Tag(1009, Text(256))]
SettlementPlace = Annotated[str, Tag(1187, Text(256))]
MachineNumber = Annotated[str, Tag(1036, Text(20))]

# sums
Cash = Annotated[int, Tag(1031, Vln())]
Cashless = Annotated[int, Tag(1081, Vln())]
Prepaid = Annotated[int, Tag(1215, Vln())]
Credit = Annotated[int, Tag(1216, Vln())]
Counter = Annotated[int, Tag(1217, Vln())]
TaxSystem = Annotated[int, Tag(1055, Uint(1))]

# the item
Name = Annotated[str, Tag(1030, Text(128, minimum=1))]
Price = Annotated[int, Tag(1079, Vln())]
Quantity = Annotated[int, Tag(1023, Fvln())]
VatRate = Annotated[int, Tag(1199, Uint(1))]
Method = Annotated[int, Tag(1214, Uint(1))]
Subject = Annotated[int, Tag(1212, Uint(1))]
GoodsCode = Annotated[str, Tag(1162, Text(64))]  # hex text of at most 32 bytes
Unit = Annotated[str, Tag(1197, Text(16))]
Excise = Annotated[int, Tag(1229, Vln())]
Declaration = Annotated[str, Tag(1231, Text(32))]
Country = Annotated[str, Tag(1230, Padded(3))]
ItemProperty = Annotated[str, Tag(1191, Text(64))]
Mark = Annotated[bytes, Tag(2000, Raw())]

# agents
Agent = Annotated[int, Tag(1057, Uint(1))]
ItemAgent = Annotated[int, Tag(1222, Uint(1))]
TransferPhone = Annotated[str, Tag(1075, Text(20))]
AgentOperation = Annotated[str, Tag(1044, Text(63))]
AgentPhone = Annotated[str, Tag(1073, Text(19))]
ReceiverPhone = Annotated[str, Tag(1074, Text(19))]
TransferName = Annotated[str, Tag(1026, Text(127))]
TransferAddress = Annotated[str, Tag(1005, Text(164))]
TransferInn = Annotated[str, Tag(1016, Padded(12))]
SupplierPhone = Annotated[str, Tag(1171, Text(19))]
SupplierName = Annotated[str, Tag(1225, Text(64))]
SupplierInn = Annotated[str, Tag(1226, Padded(12))]

# additional properties
CheckProperty = Annotated[str, Tag(1192, Text(16))]
UserPropertyName = Annotated[str, Tag(1085, Text(64))]
UserPropertyValue = Annotated[str, Tag(1086, Text(256))]

# the basis of a correction
BasisName = Annotated[str, Tag(1177, Text(255))]
BasisDate = Annotated[date, Tag(1178, UnixDate())]
BasisNumber = Annotated[str, Tag(1179, Text(32))]
