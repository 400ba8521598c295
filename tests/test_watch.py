import asyncio
import shutil

from edgeproxy.watch import Watch


async def first(watch):
    async with asyncio.timeout(5):
        return await anext(watch.changes())


async def test_a_change_right_after_the_start_is_not_missed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("1")
    watch = Watch([path])
    path.write_text("2")
    assert await first(watch) == {path.resolve()}
    watch.close()


async def test_a_file_that_is_replaced_by_renaming_has_changed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("1")
    watch = Watch([path])
    (tmp_path / "a.tmp").write_text("2")
    (tmp_path / "a.tmp").rename(path)
    assert await first(watch) == {path.resolve()}
    watch.close()


async def test_other_files_do_not_count(tmp_path):
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("1")
    watch = Watch([path])
    other.write_text("2")
    await asyncio.sleep(0)
    path.write_text("2")
    assert await first(watch) == {path.resolve()}
    watch.close()


async def test_files_may_be_set_anew(tmp_path):
    (tmp_path / "new").mkdir()
    old, new = tmp_path / "a.txt", tmp_path / "new" / "b.txt"
    old.write_text("1")
    new.write_text("1")
    watch = Watch([old])
    watch.follow([new])
    new.write_text("2")
    assert await first(watch) == {new.resolve()}
    watch.close()


async def test_closing_ends_it(tmp_path):
    watch = Watch([tmp_path / "a.txt"])

    async def all_of_it():
        return [changed async for changed in watch.changes()]

    running = asyncio.ensure_future(all_of_it())
    await asyncio.sleep(0)
    watch.close()
    async with asyncio.timeout(5):
        assert await running == []


async def test_a_folder_that_is_removed_and_made_anew_is_watched_again(tmp_path):
    folder = tmp_path / "built"
    folder.mkdir()
    path = folder / "a.txt"
    path.write_text("1")
    watch = Watch([path, folder])
    shutil.rmtree(folder)
    folder.mkdir()
    assert path.resolve() in await first(watch)
    path.write_text("2")
    assert await first(watch) == {path.resolve()}
    watch.close()


async def test_the_files_of_a_folder_that_appears_have_changed(tmp_path):
    folder = tmp_path / "built"
    path = folder / "a.txt"
    watch = Watch([path, folder])
    aside = tmp_path / "aside"
    aside.mkdir()
    (aside / "a.txt").write_text("1")
    aside.rename(folder)
    assert path.resolve() in await first(watch)
    path.write_text("2")
    assert await first(watch) == {path.resolve()}
    watch.close()


async def test_a_folder_that_is_made_anew_is_watched_again(tmp_path):
    folder, path = tmp_path / "out", tmp_path / "out" / "a.txt"
    folder.mkdir()
    path.write_text("1")
    watch = Watch([path, folder])
    for text in ("2", "3"):
        shutil.rmtree(folder)
        folder.mkdir()
        path.write_text(text)
        while path.resolve() not in await first(watch):
            path.write_text(f"{text} whole")
        path.write_text(f"{text} changed")
        seen = set()
        while path.resolve() not in seen:
            seen |= await first(watch)
        assert seen <= {path.resolve(), folder.resolve()}
    watch.close()
