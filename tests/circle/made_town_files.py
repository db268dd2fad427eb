"""The files of a made town near Hangzhou: streets, a register of schools, and people."""

SIDE = 12
STEP_M = 150.0


def write_town(folder):
    """Write a grid of streets near Hangzhou, a register, and people."""
    lines, number = [], {}
    for r in range(SIDE):
        for c in range(SIDE):
            number[r, c] = r * SIDE + c + 1
            lon, lat = lonlat(c * STEP_M, r * STEP_M)
            lines.append(f'<node id="{number[r, c]}" lat="{lat:.7f}" lon="{lon:.7f}"/>')
    for k in range(SIDE):
        for cells in ([(k, c) for c in range(SIDE)], [(r, k) for r in range(SIDE)]):
            refs = "".join(f'<nd ref="{number[cell]}"/>' for cell in cells)
            way = f'<way id="{len(lines)}">{refs}<tag k="highway" v="residential"/></way>'
            lines.append(way)
    (folder / "town.osm").write_text(f'<osm version="0.6">{"".join(lines)}</osm>')
    schools = [lonlat(75 + 300 * i, 150.0 * i + 4) for i in range(5)]
    write_register(folder, schools)
    people = [(*lonlat(300 + 600 * i, 300 + 600 * j), 1000 + i) for i in range(3) for j in range(3)]
    rows = "".join(f"{lon},{lat},{n}\n" for lon, lat, n in people)
    (folder / "people.csv").write_text(f"lon,lat,n\n{rows}")
    (folder / "town.toml").write_text(circle_file())
    return folder


def lonlat(x_m, y_m):
    return 120.16 + x_m / 96_200, 30.27 + y_m / 110_860


def write_register(folder, points):
    rows = "".join(f"{lon},{lat},24/7\n" for lon, lat in points)
    (folder / "schools.csv").write_text(f"lon,lat,hours\n{rows}")


def circle_file(coordinates="WGS-84", extra=""):
    return (
        'extract = "town.osm"\ntimezone = "Asia/Shanghai"\n'
        '[people]\nfile = "people.csv"\ncoordinates = "WGS-84"\ncount = "n"\n'
        '[[register]]\nfile = "schools.csv"\ntype = "primary_school"\nhours = "hours"\n'
        f'coordinates = "{coordinates}"\n{extra}'
    )
