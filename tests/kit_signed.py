"""A key, and URLs that it signs."""

from base64 import b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed(url, expires):
    """The parameters of a canned policy."""
    text = f'{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}'
    signature = b64encode(KEY.sign(text.encode(), ec.ECDSA(hashes.SHA1()))).decode().translate(str.maketrans("+=/", "-_~"))
    return f"Expires={expires}&Signature={signature}&Key-Pair-Id=K1"
