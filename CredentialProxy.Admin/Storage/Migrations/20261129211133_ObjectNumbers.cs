using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CredentialProxy.Admin.Storage.Migrations
{
    /// <inheritdoc />
    public partial class ObjectNumbers : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "object_numbers",
                columns: table => new
                {
                    Instance = table.Column<string>(type: "text", nullable: false),
                    Number = table.Column<long>(type: "bigint", nullable: false),
                    SeenAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_object_numbers", x => x.Instance);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "object_numbers");
        }
    }
}
