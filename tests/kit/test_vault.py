"""The key file of the vault: when one is made, and what is said where that cannot be."""

from pathlib import Path

import pytest

from app.kit.vault import EncryptionKeyMissing, Vault


def test_no_second_key_is_made_where_something_was_sealed_with_the_first(tmp_path: Path) -> None:
    file = tmp_path / "leeway.db.key"
    Vault(file=file).seal("first")
    file.unlink()
    with pytest.raises(EncryptionKeyMissing, match="put it back"):
        Vault(file=file).seal("second", may_make=False)
    assert not file.exists()


def test_a_file_that_cannot_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EncryptionKeyMissing, match="let the server write into that folder") as told:
        Vault(file=tmp_path / "file" / "leeway.db.key").seal("x")
    assert told.value.status == 409
    assert "LEEWAY_ENCRYPTION_KEY" in told.value.detail


@pytest.mark.parametrize("content", ["", "short", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_a_file_that_holds_no_key_is_told(content: str, tmp_path: Path) -> None:
    file = tmp_path / "leeway.db.key"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(EncryptionKeyMissing, match="LEEWAY_ENCRYPTION_KEY"):
        Vault(file=file).seal("x")
