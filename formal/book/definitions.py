"""The two definitions of virtual weights (VW-D1, VW-D2): one has no type, the other is what a later layer reads."""

from __future__ import annotations

from ..claims import ideal
from ..statement import Eq, dims, matrix
from .shelf import claim

d, m_i, m_j = dims("d m_i m_j")
W_i, V_i = matrix("W_i", m_i, d), matrix("V_i", d, m_i)
W_j, V_j = matrix("W_j", m_j, d), matrix("V_j", d, m_j)
T_i, T_j = V_i * W_i, V_j * W_j

claim(
    "VW-D1",
    "Virtual weights as write of the later layer times read of the earlier",
    sentence="Multiplies the output weights of layer j with the input weights of layer i, over their hidden widths.",
    wrong="The product contracts two unrelated hidden widths and not the stream, so it has no type unless they "
    "happen to agree, and it cannot say what layer j reads of layer i.",
    ill_typed=lambda: V_j * W_i,
)

claim(
    "VW-D1a",
    "What does exist end to end: layer j after layer i is write * virtual weight * read",
    sentence="The map from the stream before layer i to what layer j writes passes through the virtual weight W_j V_i.",
    show=Eq(V_j * (W_j * V_i) * W_i, T_j * T_i),
    proof=ideal,
)

n = dims("n")
A_i, B_i, A_j, B_j = (matrix(name, n, n) for name in ("W_i", "V_i", "W_j", "V_j"))

claim(
    "VW-D1b",
    "Even where both have a type, the two definitions disagree",
    sentence="With hidden widths equal to the stream's, V_j W_i and W_j V_i are different matrices.",
    wrong="A layer that writes nothing has first-definition weights 0 although it reads what the other layer wrote.",
    show=Eq(B_j * A_i, A_j * B_i),
    witness={"n": 1, "V_j": [[0]], "W_i": [[1]], "W_j": [[1]], "V_i": [[1]]},
)

claim(
    "VW-D2",
    "Virtual weights as read of the later layer times write of the earlier",
    sentence="W_j V_i maps the hidden vector of layer i to its direct contribution to what layer j reads.",
    defines=W_j * V_i,
)
